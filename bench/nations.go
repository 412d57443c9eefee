package main

import (
	"context"
	"errors"
	"fmt"

	"vaccin/internal/store/postgrestest"
)

// nations are the countries of a run, made when a bench first asks for one and shared by those that follow.
type nations struct {
	cluster *postgrestest.Cluster
	made    []*nation
}

// nation is the country of so many persons.
func (l *lab) nation(ctx context.Context, persons int) (*nation, error) {
	all := l.nations
	for _, n := range all.made {
		if n.persons == persons {
			return n, nil
		}
	}
	if all.cluster == nil {
		cluster, err := postgrestest.Start(durable...)
		if err != nil {
			return nil, err
		}
		all.cluster = cluster
		if err := count(cluster, false); err != nil {
			return nil, err
		}
	}
	n, err := newNation(ctx, l, all.cluster, persons)
	if err != nil {
		return nil, fmt.Errorf("making a country of %d persons: %w", persons, err)
	}
	all.made = append(all.made, n)
	return n, nil
}

func (all *nations) close() error {
	var err error
	for _, n := range all.made {
		err = errors.Join(err, n.close())
	}
	if all.cluster != nil {
		err = errors.Join(err, all.cluster.Stop())
	}
	return err
}
