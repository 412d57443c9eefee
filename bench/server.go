package main

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sync/errgroup"

	"vaccin/internal/auth"
	"vaccin/internal/registry"
	"vaccin/internal/service"
	"vaccin/internal/store"
)

// running is a server that answers on the loopback interface until it is stopped.
type running struct {
	address string
	stop    func() error
}

// freeAddress is a loopback address that nobody listens on.
func freeAddress() (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return listener.Addr().String(), listener.Close()
}

// serveProduct runs the service as its command does, with its log lines going to a file.
func serveProduct(ctx context.Context, folder string, kept *store.Store, g *registry.Registry, key []byte) (*running, error) {
	address, err := freeAddress()
	if err != nil {
		return nil, err
	}
	lines, err := os.CreateTemp(folder, "log-")
	if err != nil {
		return nil, err
	}
	config := service.Config{
		Listen: address,
		PSC:    service.PSCConfig{Issuer: "https://issuer.example", ClientID: "bench", ClientSecret: "bench"},
	}
	product, err := service.New(config, kept, g, key, slog.New(slog.NewJSONHandler(lines, nil)))
	if err == nil {
		err = product.KeepLog(kept)
	}
	if err != nil {
		return nil, errors.Join(err, lines.Close())
	}
	ctx, cancel := context.WithCancel(ctx)
	ended := make(chan error, 1)
	tagged(ctx, "ours", func(ctx context.Context) { go func() { ended <- product.Serve(ctx) }() })
	r := &running{address, func() error {
		cancel()
		return errors.Join(<-ended, lines.Close())
	}}
	if err := awaitReady(ctx, address); err != nil {
		return nil, errors.Join(err, r.stop())
	}
	return r, nil
}

// awaitReady waits until the service says that it is healthy.
func awaitReady(ctx context.Context, address string) error {
	var err error
	for range 100 {
		var status int
		if status, _, err = get(ctx, "http://"+address+"/healthz"); err == nil && status == http.StatusOK {
			return nil
		}
		time.Sleep(20 * time.Millisecond)
	}
	return fmt.Errorf("the service does not answer: %w", err)
}

// serveYardstick runs a handler on a server with the same limits as the service's.
func serveYardstick(ctx context.Context, handler http.Handler) (*running, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	server := &http.Server{
		Handler: handler, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 20 * time.Second,
		WriteTimeout: 30 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 16 << 10,
	}
	ended := make(chan error, 1)
	tagged(ctx, "yardstick", func(context.Context) { go func() { ended <- server.Serve(listener) }() })
	return &running{listener.Addr().String(), func() error {
		err := server.Close()
		if e := <-ended; !errors.Is(e, http.ErrServerClosed) {
			err = errors.Join(err, e)
		}
		return err
	}}, nil
}

// tokenSize is about that of an identity token of Pro Santé Connect, in bytes before base64: sessions
// carry one, for the provider's own sign-out.
const tokenSize = 1_000

// signIn signs practitioners in as the pages do once their identity is known, many at a time, and returns the
// cookie of each session.
func signIn(kept *store.Store, key []byte, who []registry.Actor) ([]*http.Cookie, error) {
	sealer, err := auth.NewSealer(key)
	if err != nil {
		return nil, err
	}
	sessions := auth.NewManager(kept, sealer, auth.Options{})
	cookies := make([]*http.Cookie, len(who))
	var group errgroup.Group
	group.SetLimit(64)
	for i, by := range who {
		group.Go(func() (err error) {
			cookies[i], err = signInOne(sessions, by)
			return err
		})
	}
	return cookies, group.Wait()
}

func signInOne(sessions *auth.Manager, by registry.Actor) (*http.Cookie, error) {
	login := auth.Login{
		Door: by.Door, Role: by.Role, NationalID: by.Practitioner.NationalID, GivenName: by.Practitioner.GivenName,
		FamilyName: by.Practitioner.FamilyName, At: time.Now(),
		Practices: []auth.Practice{{Place: by.Place, Practitioner: by.Practitioner}},
		IDToken:   base64.RawURLEncoding.EncodeToString(make([]byte, tokenSize)),
	}
	var failure error
	answer := httptest.NewRecorder()
	sessions.LoadAndSave(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		failure = sessions.Begin(r.Context(), login)
	})).ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/", nil))
	set := answer.Result().Cookies()
	if failure != nil || len(set) != 1 {
		return nil, fmt.Errorf("signing in: %d cookies: %w", len(set), failure)
	}
	return set[0], nil
}

// newStorePath is a path for a store in the folder of the lab.
func (l *lab) newStorePath(name string) string { return filepath.Join(l.folder, name+".db") }
