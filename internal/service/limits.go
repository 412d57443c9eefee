package service

import (
	"log/slog"
	"net/http"
	"time"
)

// limits are how long a client may take over what it sends and reads, and how much its headers may hold.
// The size of a form is limited where it is read (package web).
type limits struct {
	header      time.Duration // to send a request's line and headers, or to shake hands
	read        time.Duration // to send a whole request
	write       time.Duration // to read the answer
	idle        time.Duration // between two requests
	headerBytes int
	streams     int // requests at once on one HTTP/2 connection
}

var usual = limits{
	header: 5 * time.Second, read: 20 * time.Second, write: 30 * time.Second, idle: 2 * time.Minute,
	headerBytes: 16 << 10, streams: 100,
}

// server makes a server that waits for nobody beyond the limits.
func (s *Service) server(address string, handler http.Handler) *http.Server {
	l := s.limits
	return &http.Server{
		Addr: address, Handler: handler,
		ReadHeaderTimeout: l.header, ReadTimeout: l.read, WriteTimeout: l.write, IdleTimeout: l.idle, MaxHeaderBytes: l.headerBytes,
		HTTP2: &http.HTTP2Config{
			MaxConcurrentStreams: l.streams,
			SendPingTimeout:      l.read, PingTimeout: l.header, // a connection whose other end is gone
			WriteByteTimeout: l.write, // or that takes nothing
		},
		ErrorLog: slog.NewLogLogger(s.log.Handler(), slog.LevelWarn),
	}
}
