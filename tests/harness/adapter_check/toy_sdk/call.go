package toy

import (
	"encoding/json"
	"errors"
	"strings"
)

// Call is an inbound one; its fields are to be read while something is told.
type Call struct {
	ID, Status, From, FromName, To, ToName string

	client      *Client
	node, offer string
}

type event struct {
	Type    string          `json:"event_type"`
	Channel json.RawMessage `json:"event_channel"`
	Node    string          `json:"node_id"`
	Params  struct {
		Method string
		Params struct {
			ID       string `json:"callID"`
			SDP      string
			From     string `json:"caller_id_number"`
			FromName string `json:"caller_id_name"`
			To       string `json:"callee_id_number"`
			ToName   string `json:"callee_id_name"`
		}
	}
}

func (c *Client) take(data []byte) {
	var told event
	if json.Unmarshal(data, &told) != nil || told.Type != "webrtc.message" {
		return
	}
	if len(told.Channel) > 0 && !strings.Contains(string(told.Channel), c.protocol) {
		return
	}
	invite := told.Params.Params
	var known *Call
	for _, call := range c.calls {
		if call.ID == invite.ID {
			known = call
		}
	}
	switch {
	case told.Params.Method == "verto.invite" && known == nil:
		c.list(&Call{ID: invite.ID, Status: "ringing", From: invite.From, FromName: invite.FromName,
			To: invite.To, ToName: invite.ToName, client: c, node: told.Node, offer: invite.SDP})
	case told.Params.Method == "verto.bye" && known != nil:
		known.over()
	}
}

func (c *Client) list(call *Call) {
	c.calls = append(c.calls, call)
	if c.watcher != nil {
		c.watcher.Calls(c.calls)
		c.watcher.Status(call)
	}
}

// Answer accepts with sound; the platform's offer, turned round, will do for an answer.
func (call *Call) Answer() error {
	c := call.client
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if call.Status != "ringing" {
		return errors.New("cannot answer: " + call.Status)
	}
	call.become("connecting")
	c.watcher.Sound(call, "local")
	call.verto("verto.answer", object{"sdp": call.offer}, func(err failure) {
		if err == nil && call.Status == "connecting" {
			c.watcher.Sound(call, "remote")
			call.become("connected")
		}
	})
	return nil
}

// Reject declines.
func (call *Call) Reject() error {
	call.client.mutex.Lock()
	defer call.client.mutex.Unlock()
	if call.Status != "ringing" {
		return errors.New("cannot reject: " + call.Status)
	}
	busy := object{"cause": "USER_BUSY", "causeCode": "17"}
	call.verto("verto.bye", busy, func(failure) { call.over() })
	return nil
}

// Hangup ends it.
func (call *Call) Hangup() error {
	call.client.mutex.Lock()
	defer call.client.mutex.Unlock()
	call.become("disconnecting")
	call.verto("verto.bye", object{}, func(failure) { call.over() })
	return nil
}

// verto sends a message about a call.
func (call *Call) verto(method string, params object, then func(failure)) {
	params["dialogParams"] = object{"callID": call.ID}
	message := object{"jsonrpc": "2.0", "id": call.ID + method, "method": method, "params": params}
	about := object{"callID": call.ID, "node_id": call.node, "message": message}
	call.client.request("webrtc.verto", about, func(told result, err failure) {
		var reply struct {
			Result struct{ Error *struct{ Message string } }
		}
		if err == nil && json.Unmarshal(told, &reply) == nil && reply.Result.Error != nil {
			err = errors.New(reply.Result.Error.Message)
		}
		then(err)
	})
}

// over is reached however it ended: the last two words, and then it is no longer listed.
func (call *Call) over() {
	if call.Status == "destroyed" {
		return
	}
	c := call.client
	call.become("disconnected")
	call.become("destroyed")
	left := []*Call{}
	for _, other := range c.calls {
		if other != call {
			left = append(left, other)
		}
	}
	c.calls = left
	if c.watcher != nil {
		c.watcher.End(call)
		c.watcher.Calls(left)
	}
}

func (call *Call) become(status string) {
	call.Status = status
	if call.client.watcher != nil {
		call.client.watcher.Status(call)
	}
}
