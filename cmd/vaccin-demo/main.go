// Command vaccin-demo runs the service on a synthetic country, with a simulated Pro Santé Connect beside
// it. Everything in it is invented; it is the only program that links package demo.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"
	_ "time/tzdata" // the service works by the time zones of places, also where the machine has none

	"github.com/alecthomas/kong"
	"golang.org/x/sync/errgroup"

	"vaccin/internal/accesslog"
	"vaccin/internal/auth"
	"vaccin/internal/commandline"
	"vaccin/internal/demo"
	"vaccin/internal/demo/pscsim"
	"vaccin/internal/demo/vitalesim"
	"vaccin/internal/keyring"
	"vaccin/internal/registry"
	"vaccin/internal/service"
	"vaccin/internal/store"
)

type flags struct {
	service.Config
	Persons      int    `default:"20000" env:"VACCIN_DEMO_PERSONS" help:"Nombre d’habitants du pays fictif."`
	Seed         uint64 `default:"1" env:"VACCIN_DEMO_SEED" help:"La même graine fait le même pays."`
	Today        string `default:"2021-02-01" env:"VACCIN_TODAY" help:"Jour du service (AAAA-MM-JJ), dont dépendent les dates, les schémas et les professions."`
	PSCListen    string `name:"psc-listen" default:"127.0.0.1:8081" env:"VACCIN_PSC_LISTEN" help:"Adresse du Pro Santé Connect simulé."`
	AgentsListen string `name:"agents-listen" default:"127.0.0.1:8082" env:"VACCIN_AGENTS_LISTEN" help:"Adresse du fournisseur d’identité simulé des agents."`
	IGCListen    string `name:"igc-listen" default:"127.0.0.1:8083" env:"VACCIN_IGC_LISTEN" help:"Adresse de l’IGC-Santé simulée : listes de révocation et répondeurs des cartes de test."`
	Vitale       bool   `help:"Insérer une carte Vitale virtuelle dans le lecteur virtuel de vsmartcard (vpcd), que pcscd doit faire tourner."`
	Verbose      bool   `help:"Noter chaque requête."`

	cards string // folder of the test cards
}

// demoPhone is of the numbers kept for fiction.
const demoPhone = "01 99 00 12 34"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := run(ctx, os.Args[1:], os.Stdout)
	var refused *kong.ParseError
	if errors.As(err, &refused) {
		os.Exit(commandline.Refuse(refused, nil))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "vaccin-demo:", err)
		os.Exit(1)
	}
}

func parse(args []string) (f flags, err error) {
	parser := commandline.Parser(&f, "vaccin-demo", "Vaccin COVID dans un pays fictif.", kong.Vars{
		"drain":      "0s", // nobody balances the load of a demo
		"cps_listen": "127.0.0.1:8443",
	})
	_, err = parser.Parse(args)
	return f, err
}

// run serves the demo until the context ends, once it has written to out where to go and whom to look for.
func run(ctx context.Context, args []string, out io.Writer) error {
	f, err := parse(args)
	if err != nil {
		return err
	}
	start := time.Now()
	level := slog.LevelWarn
	if f.Verbose {
		level = slog.LevelInfo
	}
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: level}))
	today, err := registry.ParseISODate(f.Today)
	if err != nil {
		return fmt.Errorf("--today: %w (AAAA-MM-JJ)", err)
	}
	folder, err := os.MkdirTemp("", "vaccin-demo-")
	if err != nil {
		return fmt.Errorf("making a folder for the store: %w", err)
	}
	defer os.RemoveAll(folder)
	kept, err := store.Open(ctx, filepath.Join(folder, "vaccin.db"), store.Options{Keys: keyring.File(filepath.Join(folder, "keys"))})
	if err != nil {
		return err
	}
	defer kept.Close()
	cases := registry.New(kept)
	cases.Business = businessClock(today)
	country, err := demo.Populate(ctx, cases, kept, demo.Options{Persons: f.Persons, Seed: f.Seed, Today: today})
	if err != nil {
		return fmt.Errorf("making the synthetic country: %w", err)
	}
	if err := demo.BringNewcomers(ctx, kept, country); err != nil {
		return err
	}
	if err := demo.OpenPortal(ctx, cases, kept); err != nil {
		return err
	}
	simulator, err := f.simulate()
	if err != nil {
		return err
	}
	agents, err := f.simulateAgents()
	if err != nil {
		return err
	}
	igc, err := f.issueCards(folder)
	if err != nil {
		return err
	}
	key, err := auth.NewKey()
	if err != nil {
		return err
	}
	if err := f.signLog(folder); err != nil {
		return err
	}
	product, err := service.New(f.Config, kept, cases, key, log)
	if err != nil {
		return err
	}
	if err := product.KeepLog(kept); err != nil {
		return err
	}
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return serveSimulator(ctx, "Pro Santé Connect", f.PSCListen, simulator) })
	group.Go(func() error { return serveSimulator(ctx, "provider of agents", f.AgentsListen, agents) })
	group.Go(func() error { return f.serveIGC(ctx, igc) })
	group.Go(func() error { return product.Serve(ctx) })
	if f.Vitale {
		group.Go(func() error {
			if err := country.VitaleCard().Insert(ctx, vitalesim.DefaultReader); err != nil {
				log.Warn("the virtual carte Vitale is not in the reader", "error", err)
			}
			return nil
		})
	}
	fmt.Fprintf(out, "\n%s\nPrêt en %.1f s.\n", f.welcome(country), time.Since(start).Seconds())
	return group.Wait()
}

// businessClock is the real time of day on another day.
func businessClock(today registry.Date) func() time.Time {
	days := today.DaysSince(registry.TodayAt(time.Now()))
	return func() time.Time { return time.Now().AddDate(0, 0, days) }
}

// simulate makes the simulated Pro Santé Connect and points the service at it.
func (f *flags) simulate() (http.Handler, error) {
	public, err := f.Public()
	if err != nil {
		return nil, err
	}
	secret, err := auth.NewKey()
	if err != nil {
		return nil, err
	}
	base := "http://" + f.PSCListen
	addresses := pscsim.AddressesAt(base)
	f.PSC = service.PSCConfig{
		Issuer: addresses.Issuer, DiscoveryURL: addresses.DiscoveryURL, AuthURL: addresses.AuthURL,
		ClientID: "vaccin-demo", ClientSecret: fmt.Sprintf("%x", secret), ACRValues: "eidas1",
	}
	if f.AssistancePhone == "" {
		f.AssistancePhone = demoPhone
	}
	return pscsim.New(pscsim.Options{
		BaseURL: base, ClientID: f.PSC.ClientID, ClientSecret: f.PSC.ClientSecret,
		RedirectURIs:           []string{public.JoinPath("/connexion/psc/retour").String()},
		PostLogoutRedirectURIs: []string{public.JoinPath("/deconnecte").String()},
		LogoutURI:              public.JoinPath("/connexion/psc/deconnexion").String(),
	})
}

func serveSimulator(ctx context.Context, what, address string, handler http.Handler) error {
	server := &http.Server{Addr: address, Handler: handler, ReadHeaderTimeout: 5 * time.Second}
	go func() {
		<-ctx.Done()
		_ = server.Close() // nothing of the simulator needs to be finished
	}()
	if err := server.ListenAndServe(); err != http.ErrServerClosed {
		return fmt.Errorf("the simulated %s: %w", what, err)
	}
	return nil
}

// signLog has the demo sign its access log, with a key of its own when none was given.
func (f *flags) signLog(folder string) error {
	if f.Audit.KeyFile != "" {
		return nil
	}
	signer, _, err := accesslog.NewKey("vaccin-demo")
	if err != nil {
		return err
	}
	f.Audit.KeyFile = filepath.Join(folder, "audit.key")
	return os.WriteFile(f.Audit.KeyFile, []byte(signer), 0o600)
}
