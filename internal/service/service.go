package service

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"golang.org/x/sync/errgroup"

	"vaccin/internal/auth"
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
	metrics *metrics
	log     *slog.Logger
}

// New wires a service over a store, with the use cases given and the secret key of its sessions.
func New(config Config, store Store, cases *registry.Registry, key []byte, log *slog.Logger) (*Service, error) {
	public, err := config.Public()
	if err != nil {
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
	sealer, err := auth.NewSealer(key)
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
	pages, err := web.New(web.Server{
		Registry: cases, Auth: sessions, PSC: client, Agents: agents, Portal: portal, Settings: config.pages(https), Log: log,
		Observe: metrics.observe,
	})
	if err != nil {
		return nil, err
	}
	return &Service{config: config, handler: pages.Handler(), auth: sessions, cases: cases, metrics: metrics, log: log}, nil
}

// Handler answers every address of the service.
func (s *Service) Handler() http.Handler { return s.handler }

// graceful is how long requests under way may take once the service is told to stop.
const graceful = 15 * time.Second

// Serve answers until the context ends, then finishes what is under way.
func (s *Service) Serve(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	main := s.server(s.config.Listen, s.handler)
	group.Go(func() error { return s.listen(ctx, main, s.config.TLSCert, s.config.TLSKey) })
	if s.config.MetricsListen != "" {
		group.Go(func() error { return s.listen(ctx, s.server(s.config.MetricsListen, s.metrics.handler()), "", "") })
	}
	group.Go(func() error { return s.purge(ctx) })
	return group.Wait()
}

func (s *Service) server(address string, handler http.Handler) *http.Server {
	return &http.Server{
		Addr: address, Handler: handler,
		ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 20 * time.Second, WriteTimeout: 30 * time.Second,
		IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 16 << 10,
		ErrorLog: slog.NewLogLogger(s.log.Handler(), slog.LevelWarn),
	}
}

func (s *Service) listen(ctx context.Context, server *http.Server, cert, key string) error {
	listener, err := net.Listen("tcp", server.Addr)
	if err != nil {
		return fmt.Errorf("listening: %w", err)
	}
	stopped := make(chan error, 1)
	go func() {
		<-ctx.Done()
		end, cancel := context.WithTimeout(context.WithoutCancel(ctx), graceful)
		defer cancel()
		stopped <- server.Shutdown(end)
	}()
	s.log.Info("listening", "address", listener.Addr().String())
	if cert != "" {
		server.TLSConfig = serverTLS()
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
