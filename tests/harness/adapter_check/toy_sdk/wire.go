package toy

// Just enough WebSocket for the toy client: text frames, no extensions, no dependencies.

import (
	"bufio"
	"crypto/rand"
	"crypto/sha1"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"io"
	"net/textproto"
	"net/url"
	"os"
	"strings"
	"sync"
)

const (
	guid  = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
	more  = 0
	text  = 1
	close = 8
	ping  = 9
	pong  = 10
)

type socket struct {
	conn   *tls.Conn
	reader *bufio.Reader
	writes sync.Mutex
}

// dial opens a wss: address; caFile names the PEM of the authority to trust.
func dial(address, caFile string) (*socket, error) {
	where, err := url.Parse(address)
	if err != nil {
		return nil, err
	}
	pem, err := os.ReadFile(caFile)
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	conn, err := tls.Dial("tcp", where.Host, &tls.Config{RootCAs: roots})
	if err != nil {
		return nil, err
	}
	opened := &socket{conn: conn, reader: bufio.NewReader(conn)}
	if err := opened.shakeHands(where); err != nil {
		conn.Close()
		return nil, err
	}
	return opened, nil
}

func (s *socket) shakeHands(where *url.URL) error {
	key := base64.StdEncoding.EncodeToString(random(16))
	fmt.Fprintf(s.conn, "GET %s HTTP/1.1\r\nHost: %s\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: %s\r\n\r\n", where.RequestURI(), where.Host, key)
	reader := textproto.NewReader(s.reader)
	status, err := reader.ReadLine()
	if err != nil {
		return err
	}
	headers, err := reader.ReadMIMEHeader()
	if err != nil {
		return err
	}
	expected := sha1.Sum([]byte(key + guid))
	accepted := headers.Get("Sec-WebSocket-Accept")
	if accepted != base64.StdEncoding.EncodeToString(expected[:]) {
		return fmt.Errorf("no WebSocket: %s", strings.TrimSpace(status))
	}
	return nil
}

// read hands over each text message, until the socket is closed by either side.
func (s *socket) read(hear func([]byte)) {
	defer s.conn.Close()
	var message []byte
	for {
		opcode, last, payload, err := s.frame()
		if err != nil {
			return
		}
		switch opcode {
		case text, more:
			message = append(message, payload...)
			if last {
				hear(message)
				message = nil
			}
		case ping:
			s.write(pong, payload)
		case close:
			s.write(close, payload)
			return
		}
	}
}

func (s *socket) frame() (opcode byte, last bool, payload []byte, err error) {
	head := make([]byte, 2)
	if _, err = io.ReadFull(s.reader, head); err != nil {
		return
	}
	length := uint64(head[1] & 0x7f)
	if length >= 126 {
		size := make([]byte, map[uint64]int{126: 2, 127: 8}[length])
		if _, err = io.ReadFull(s.reader, size); err != nil {
			return
		}
		length = binary.BigEndian.Uint64(append(make([]byte, 8-len(size)), size...))
	}
	payload = make([]byte, length)
	_, err = io.ReadFull(s.reader, payload)
	return head[0] & 0x0f, head[0] >= 0x80, payload, err
}

// write sends one frame; a client has to mask what it sends.
func (s *socket) write(opcode byte, payload []byte) error {
	frame := []byte{0x80 | opcode}
	switch size := len(payload); {
	case size < 126:
		frame = append(frame, 0x80|byte(size))
	case size < 1<<16:
		frame = binary.BigEndian.AppendUint16(append(frame, 0x80|126), uint16(size))
	default:
		frame = binary.BigEndian.AppendUint64(append(frame, 0x80|127), uint64(size))
	}
	mask := random(4)
	frame = append(frame, mask...)
	for at, letter := range payload {
		frame = append(frame, letter^mask[at%4])
	}
	s.writes.Lock()
	defer s.writes.Unlock()
	_, err := s.conn.Write(frame)
	return err
}

func random(size int) []byte {
	bytes := make([]byte, size)
	if _, err := rand.Read(bytes); err != nil {
		panic(err)
	}
	return bytes
}
