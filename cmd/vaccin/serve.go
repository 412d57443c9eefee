package main

import (
	"context"
	"errors"
	"log/slog"
	"os"
	_ "time/tzdata" // the service works by the time zones of places, also where the machine has none

	"vaccin/internal/service"
)

// serveCmd serves the pages, on the real clock.
type serveCmd struct {
	storeFlags
	service.Config
	KeyFile string `name:"key-file" required:"" env:"VACCIN_KEY_FILE" type:"path" help:"File of the secret key of sessions, apart from the store; made when there is none."`
}

// Run answers until it is told to stop, then finishes what is under way.
func (s serveCmd) Run(ctx context.Context) error {
	log := slog.New(slog.NewJSONHandler(os.Stderr, nil))
	key, err := service.ReadKey(s.KeyFile)
	if err != nil {
		return err
	}
	kept, cases, _, err := openStore(ctx, s.Store)
	if err != nil {
		return err
	}
	product, err := service.New(s.Config, kept, cases, key, log)
	if err != nil {
		return errors.Join(err, kept.Close())
	}
	return errors.Join(product.Serve(ctx), kept.Close())
}
