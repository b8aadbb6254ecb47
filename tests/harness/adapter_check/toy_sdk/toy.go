// Package toy is a client that takes inbound calls on the wire, with media that is told and never
// sent. It stands for somebody's own SDK; nothing in it knows that there are adapters.
package toy

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"sync"
	"time"
)

type object = map[string]any

// Watcher is told what happens, one thing after the other.
type Watcher struct {
	Calls  func([]*Call)                 // the list, whole, whenever it changes
	Status func(*Call)                   // it has a new one
	Sound  func(call *Call, side string) // "local" or "remote" has begun
	End    func(*Call)                   // its last status has been told
}

// Client takes the calls of one subscriber.
type Client struct {
	mutex    sync.Mutex // held while anything is looked at, changed or told
	socket   *socket
	protocol string
	waiting  map[string]func(result, failure)
	calls    []*Call
	watcher  *Watcher
}

type result = json.RawMessage
type failure = error

// Register connects and goes online; caFile names the PEM of the authority to trust.
func Register(url, token, caFile string) (*Client, error) {
	opened, err := dial(url, caFile)
	if err != nil {
		return nil, err
	}
	client := &Client{socket: opened, waiting: map[string]func(result, failure){}}
	go opened.read(client.hear)
	var connected struct{ Protocol string }
	told, err := client.ask("signalwire.connect", object{
		"version":        object{"major": 4, "minor": 0, "revision": 0},
		"event_acks":     true,
		"agent":          "toy/1.0.0",
		"authentication": object{"jwt_token": token},
	})
	if err == nil {
		err = json.Unmarshal(told, &connected)
	}
	if err == nil {
		client.protocol = connected.Protocol
		_, err = client.ask("subscriber.online", object{})
	}
	return client, err
}

// Watch tells what there is already, and then what changes.
func (c *Client) Watch(watcher *Watcher) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.watcher = watcher
	watcher.Calls(c.calls)
	for _, call := range c.calls {
		watcher.Status(call)
	}
}

// Close goes offline.
func (c *Client) Close() error {
	return c.socket.write(close, []byte{0x03, 0xe8})
}

func (c *Client) ask(method string, params object) (result, error) {
	type reply struct {
		result  result
		failure error
	}
	replies := make(chan reply, 1)
	c.mutex.Lock()
	c.request(method, params, func(told result, err failure) { replies <- reply{told, err} })
	c.mutex.Unlock()
	select {
	case got := <-replies:
		return got.result, got.failure
	case <-time.After(10 * time.Second):
		return nil, errors.New("no reply to " + method)
	}
}

// request has the reply taken where everything is heard: in the order of the wire.
func (c *Client) request(method string, params object, then func(result, failure)) {
	id := hex.EncodeToString(random(16))
	c.waiting[id] = then
	c.send(object{"id": id, "method": method, "params": params})
}

func (c *Client) send(message object) {
	message["jsonrpc"] = "2.0"
	line, err := json.Marshal(message)
	if err == nil {
		c.socket.write(text, line) // a socket that is gone is heard of by whoever reads it
	}
}

type message struct {
	ID     string
	Method string
	Params json.RawMessage
	Result json.RawMessage
	Error  *struct{ Message string }
}

func (c *Client) hear(data []byte) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	var heard message
	if json.Unmarshal(data, &heard) != nil {
		return
	}
	then := c.waiting[heard.ID]
	switch {
	case heard.Method == "signalwire.ping":
		c.send(object{"id": heard.ID, "result": object{"timestamp": time.Now().Unix()}})
	case heard.Method == "signalwire.event":
		c.take(heard.Params)
		c.send(object{"id": heard.ID, "result": object{}})
	case heard.Method != "" || then == nil:
	case heard.Error != nil:
		delete(c.waiting, heard.ID)
		then(nil, errors.New(heard.Error.Message))
	default:
		delete(c.waiting, heard.ID)
		then(heard.Result, nil)
	}
}
