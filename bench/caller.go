package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// caller is one connection that is kept alive and has one request under way. It does as little as a client can
// that checks its answers, for it shares the processors with what it measures.
type caller struct {
	index  int // among those of a load: each is someone with a session of their own
	conn   net.Conn
	out    []byte // the request to send
	in     []byte // what came, of which an answer refers to
	filled int
	size   int    // of the body that came last
	leads  string // where the last answer led
	search string // the cookie in which the service last kept a search, as it is sent back
}

// reply is what a caller got. It holds until the next request.
type reply struct {
	status   int
	location []byte
	body     []byte
}

func dial(ctx context.Context, address string, index int, until time.Time) (*caller, error) {
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	return &caller{index: index, conn: conn, in: make([]byte, 64<<10)}, conn.SetDeadline(until)
}

// send sends what is in out and reads the answer.
func (c *caller) send() (reply, error) {
	if _, err := c.conn.Write(c.out); err != nil {
		return reply{}, err
	}
	c.filled = 0
	headEnd := -1
	for headEnd < 0 {
		if err := c.fill(); err != nil {
			return reply{}, err
		}
		headEnd = bytes.Index(c.in[:c.filled], []byte("\r\n\r\n"))
	}
	head := c.in[:headEnd+2]
	r := reply{location: header(head, "\r\nLocation: ")}
	var err error
	if len(head) < 12 {
		return r, errors.New("an answer without a status")
	}
	if r.status, err = strconv.Atoi(string(head[9:12])); err != nil {
		return r, errors.New("an answer without a status")
	}
	r.body, err = c.body(head, headEnd+4)
	c.size, c.leads = len(r.body), string(r.location)
	if set := header(head, "\r\nSet-Cookie: "); bytes.Contains(set, []byte("_search_")) {
		kept, _, _ := bytes.Cut(set, []byte(";"))
		c.search = string(kept)
	}
	return r, err
}

// body reads the rest of an answer whose head ends at start.
func (c *caller) body(head []byte, start int) ([]byte, error) {
	if length := header(head, "\r\nContent-Length: "); length != nil {
		n, err := strconv.Atoi(string(length))
		if err != nil {
			return nil, errors.New("an answer of no length")
		}
		for c.filled < start+n {
			if err := c.fill(); err != nil {
				return nil, err
			}
		}
		return c.in[start : start+n], nil
	}
	if header(head, "\r\nTransfer-Encoding: ") == nil {
		return nil, errors.New("an answer whose end is not told")
	}
	// In parts; the last one is empty. What is between them stays in the body: nothing looks at it.
	for !bytes.HasSuffix(c.in[start:c.filled], []byte("\r\n0\r\n\r\n")) {
		if err := c.fill(); err != nil {
			return nil, err
		}
	}
	return c.in[start:c.filled], nil
}

// fill reads what has come.
func (c *caller) fill() error {
	if c.filled == len(c.in) {
		c.in = slices.Grow(c.in, len(c.in))[:2*len(c.in)]
	}
	n, err := c.conn.Read(c.in[c.filled:])
	c.filled += n
	return err
}

// header is the value of a header of an answer, nil when it has none. Go's server writes names one way.
func header(head []byte, name string) []byte {
	_, rest, found := bytes.Cut(head, []byte(name))
	if !found {
		return nil
	}
	value, _, _ := bytes.Cut(rest, []byte("\r\n"))
	return value
}

// must is an error unless an answer has a status and, for a redirect, leads where it begins.
func (r reply) must(status int, location string) error {
	if r.status != status || !bytes.HasPrefix(r.location, []byte(location)) || (location == "") != (len(r.location) == 0) {
		return fmt.Errorf("answered %d, leading to %q instead of %q: %.300s", r.status, r.location, location, r.body)
	}
	return nil
}

// mold is a request with holes, each of the length of what fills it.
type mold struct {
	parts [][]byte
	holes []int // the value that follows each part but the last
}

// newMold makes a mold of a request in which marks stand for the values.
func newMold(wire string, marks ...string) mold {
	var m mold
	for {
		at, which := len(wire), -1
		for i, mark := range marks {
			if found := strings.Index(wire, mark); found >= 0 && found < at {
				at, which = found, i
			}
		}
		m.parts = append(m.parts, []byte(wire[:at]))
		if which < 0 {
			return m
		}
		m.holes = append(m.holes, which)
		wire = wire[at+len(marks[which]):]
	}
}

// pour makes a request in place of what was in buf.
func (m mold) pour(buf []byte, values ...string) []byte {
	buf = buf[:0]
	for i, hole := range m.holes {
		buf = append(append(buf, m.parts[i]...), values[hole]...)
	}
	return append(buf, m.parts[len(m.parts)-1]...)
}

// browserHead are the lines that a browser sends with every request.
func browserHead(host, session string) string {
	return "Host: " + host + "\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0\r\n" +
		"Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8\r\nAccept-Language: fr\r\nAccept-Encoding: gzip, deflate\r\n" +
		"Sec-Fetch-Site: same-origin\r\nCookie: " + sessionCookie + "=" + session + "\r\n"
}

// getOf is a page as a browser asks for it.
func getOf(host, path, session string) string {
	return http.MethodGet + " " + path + " HTTP/1.1\r\n" + browserHead(host, session) + "\r\n"
}

// postOf is a form as a browser sends it from the page of the same address.
func postOf(host, path, session, body string) string {
	return http.MethodPost + " " + path + " HTTP/1.1\r\n" + browserHead(host, session) +
		"Content-Type: application/x-www-form-urlencoded\r\nOrigin: http://" + host + "\r\nReferer: http://" + host + path +
		"\r\nContent-Length: " + strconv.Itoa(len(body)) + "\r\n\r\n" + body
}
