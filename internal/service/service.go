package service

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"runtime/debug"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"vaccin/internal/auth"
	"vaccin/internal/measure"
	"vaccin/internal/registry"
	"vaccin/internal/web"
)

// Store is everything the running service keeps.
type Store interface {
	registry.Store
	registry.PortalAccountStore
	auth.Store
}

// Service is the product, ready to serve.
type Service struct {
	config  Config
	handler http.Handler
	auth    *auth.Manager
	cases   *registry.Registry
	cards   *cardDoor  // nil without the door of cards
	audit   *logKeeper // nil when nobody gave the log to keep
	metrics *metrics
	log     *slog.Logger
	limits  limits
	printer registry.BatchPrinter

	stopping atomic.Bool
}

// New wires a service over a store, with the use cases given and the secret key of its sessions, from which the
// use cases get the one of their pseudonyms.
func New(config Config, store Store, cases *registry.Registry, key []byte, log *slog.Logger) (*Service, error) {
	public, err := config.Public()
	if err != nil {
		return nil, err
	}
	if err := config.safe(public); err != nil {
		return nil, err
	}
	if config.clear(public) {
		log.Warn("listening in clear where other machines may reach it: set TLS or an https public address", "address", config.Listen)
	}
	if err := config.checkReader(); err != nil {
		return nil, err
	}
	client, err := config.pscClient(public)
	if err != nil {
		return nil, err
	}
	agents, err := config.agentsClient(public)
	if err != nil {
		return nil, err
	}
	cards, err := config.cardDoor()
	if err != nil {
		return nil, err
	}
	sealer, err := auth.NewSealer(key)
	if err != nil {
		return nil, err
	}
	cases.PseudonymKey = sealer.Key("access-log-pseudonym")
	printer, err := config.Letter.Printer()
	if err != nil {
		return nil, err
	}
	https := public.Scheme == "https"
	sessions := auth.NewManager(store, sealer, auth.Options{Idle: config.Idle, Absolute: config.Absolute, Secure: https})
	portal, err := portalDoor(store, cases, sealer, log)
	if err != nil {
		return nil, err
	}
	metrics := newMetrics()
	s := &Service{config: config, auth: sessions, cases: cases, metrics: metrics, log: log, limits: usual, printer: printer}
	pages := web.Server{
		Registry: cases, Auth: sessions, PSC: client, Agents: agents, Portal: portal, Settings: config.pages(https), Log: log,
		Observe: metrics.observe, Stopping: s.stopping.Load, Letters: printer,
	}
	cards.furnish(&pages, public)
	made, err := web.New(pages)
	if err != nil {
		return nil, err
	}
	s.handler, s.cards = s.leaving(made.Handler()), cards.answeredBy(made)
	return s, nil
}

// Watch shows what a source counts beside the service's own metrics. Call it before Serve.
func (s *Service) Watch(source measure.Source) { s.metrics.watch(source) }

// Handler answers every address of the service.
func (s *Service) Handler() http.Handler { return s.handler }

// leaving tells clients, once the service is to stop, to come back by another connection, which a load
// balancer sends elsewhere.
func (s *Service) leaving(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s.stopping.Load() {
			w.Header().Set("Connection", "close")
		}
		next.ServeHTTP(w, r)
	})
}

// graceful is how long requests under way may take once the service no longer listens.
const graceful = 15 * time.Second

// Serve answers until the context ends. Then it says that it is no longer ready, goes on answering for the
// time to drain, stops listening and finishes what is under way.
func (s *Service) Serve(told context.Context) error {
	rareCollections()
	group, ctx := errgroup.WithContext(told)
	drained, done := context.WithCancel(context.WithoutCancel(ctx))
	defer done()
	group.Go(func() error {
		return s.listen(drained, s.server(s.config.Listen, s.handler), s.config.TLSCert, s.config.TLSKey)
	})
	if s.cards != nil {
		group.Go(func() error { return s.listen(drained, s.cardServer(), s.config.CPS.Cert, s.config.CPS.Key) })
	}
	if s.config.MetricsListen != "" {
		group.Go(func() error { return s.listen(drained, s.server(s.config.MetricsListen, s.metrics.handler()), "", "") })
	}
	group.Go(func() error { return s.purge(ctx) })
	group.Go(func() error { return s.runs(ctx) })
	group.Go(func() error { return s.followUps(ctx) })
	group.Go(func() error { return s.letters(ctx) })
	s.audit.start(group, drained)
	group.Go(func() error {
		defer done()
		<-ctx.Done()
		s.stopping.Store(true)
		if told.Err() != nil { // and not that it could not listen
			time.Sleep(s.config.Drain)
		}
		return nil
	})
	return errors.Join(group.Wait(), s.audit.finish(told))
}

// rareCollections lets more memory be used between collections of garbage, unless the operator has said how much:
// what is in use is little, and a good part of the processor's time went to looking through it.
func rareCollections() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(800)
	}
}

// listen answers until the context ends, then finishes what is under way.
func (s *Service) listen(ctx context.Context, server *http.Server, cert, key string) error {
	listener, err := net.Listen("tcp", server.Addr)
	if err != nil {
		return fmt.Errorf("listening: %w", err)
	}
	return s.answer(ctx, server, listener, cert, key)
}

func (s *Service) answer(ctx context.Context, server *http.Server, listener net.Listener, cert, key string) (err error) {
	stopped := make(chan error, 1)
	go func() {
		<-ctx.Done()
		end, cancel := context.WithTimeout(context.WithoutCancel(ctx), graceful)
		defer cancel()
		stopped <- server.Shutdown(end)
	}()
	s.log.Info("listening", "address", listener.Addr().String())
	if cert != "" {
		if server.TLSConfig == nil { // a listener that asks for the client's certificate brings its own
			server.TLSConfig = serverTLS()
		}
		err = server.ServeTLS(listener, cert, key)
	} else {
		err = server.Serve(listener)
	}
	if !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return <-stopped
}

// purgeEvery is how often what no one can use any more is removed.
const purgeEvery = 10 * time.Minute

func (s *Service) purge(ctx context.Context) error {
	ticker := time.NewTicker(purgeEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
			if err := errors.Join(s.auth.Purge(ctx), s.cases.PurgeThrottles(ctx)); err != nil && ctx.Err() == nil {
				s.log.Error("purging sessions, kept forms and throttles", "error", err)
			}
		}
	}
}
