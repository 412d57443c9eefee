package main

import (
	"context"
	"errors"
	"log/slog"
	"os"
	_ "time/tzdata" // the service works by the time zones of places, also where the machine has none

	"vaccin/internal/keyring"
	"vaccin/internal/registry"
	"vaccin/internal/service"
	"vaccin/internal/store"
)

// serveCmd serves the pages, on the real clock.
type serveCmd struct {
	storeFlags
	service.Config
	keyFlags
	KeyFile string `name:"key-file" required:"" env:"VACCIN_KEY_FILE" type:"path" help:"Fichier de la clé secrète des sessions, à garder ailleurs que la base ; créé s’il n’existe pas."`
}

// Run answers until it is told to stop, then finishes what is under way.
func (s serveCmd) Run(ctx context.Context) error {
	log := slog.New(slog.NewJSONHandler(os.Stderr, nil))
	key, err := service.ReadKey(s.KeyFile)
	if err != nil {
		return err
	}
	keys, err := s.source(s.KeyFile)
	if err != nil {
		return err
	}
	kept, cases, err := openForService(ctx, s.Store, keys, log)
	if err != nil {
		return err
	}
	product, err := service.New(s.Config, kept, cases, key, log)
	if err == nil {
		err = product.KeepLog(kept)
	}
	if err != nil {
		return errors.Join(err, kept.Close())
	}
	product.Watch(kept)
	return errors.Join(product.Serve(ctx), kept.Close())
}

// openForService opens the store with the rights of the running service. A database is looked at first with
// those of the account itself, which may have to make the tables of an empty one.
func openForService(
	ctx context.Context, address string, keys keyring.Source, log *slog.Logger,
) (*store.Store, *registry.Registry, error) {
	if store.IsDatabase(address) {
		first, _, _, err := openStore(ctx, address, store.Options{})
		if err == nil {
			err = first.Close()
		}
		if err != nil {
			return nil, nil, err
		}
	}
	kept, cases, _, err := openStore(ctx, address, store.Options{Service: true, Log: log, Keys: keys})
	return kept, cases, err
}
