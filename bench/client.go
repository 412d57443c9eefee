package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
)

// request is one request as it goes over the wire, and what must come back.
type request struct {
	wire     []byte
	status   int
	location string
}

// patience is how long one answer may take.
const patience = 30 * time.Second

// sendAll sends requests over so many connections kept alive, each taking the next one when it has its
// answer, checks every answer, and returns how many were answered a second. It does little itself, for
// it shares the processors with what it measures.
func sendAll(ctx context.Context, address string, connections int, requests []request) (rate float64, err error) {
	var next atomic.Int64
	group, ctx := errgroup.WithContext(ctx)
	conns := make([]net.Conn, connections)
	for i := range conns {
		if conns[i], err = (&net.Dialer{}).DialContext(ctx, "tcp", address); err != nil {
			return 0, err
		}
		defer conns[i].Close()
	}
	began := time.Now()
	for _, conn := range conns {
		group.Go(func() error {
			answers := bufio.NewReader(conn)
			for {
				i := int(next.Add(1)) - 1
				if i >= len(requests) || ctx.Err() != nil {
					return ctx.Err()
				}
				if err := exchange(conn, answers, requests[i]); err != nil {
					return err
				}
			}
		})
	}
	if err := group.Wait(); err != nil {
		return 0, err
	}
	return float64(len(requests)) / time.Since(began).Seconds(), nil
}

// exchange sends one request and checks its answer.
func exchange(conn net.Conn, answers *bufio.Reader, r request) error {
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		return err
	}
	if _, err := conn.Write(r.wire); err != nil {
		return err
	}
	answer, err := http.ReadResponse(answers, nil)
	if err != nil {
		return err
	}
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		return err
	}
	if answer.StatusCode != r.status || answer.Header.Get("Location") != r.location {
		return fmt.Errorf("answered %s, leading to %q: %.300s", answer.Status, answer.Header.Get("Location"), body)
	}
	return nil
}
