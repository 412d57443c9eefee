package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"time"

	"vaccin/bench/yardstick"
	"vaccin/internal/auth"
	"vaccin/internal/registry"
	"vaccin/internal/store"
	"vaccin/internal/store/postgrestest"
)

// durable are the settings of the server, the same for the service and for the yardstick: every commit is on
// the disk before it is acknowledged, and the memory is that of a small database server.
var durable = []string{
	"synchronous_commit=on", "fsync=on", "full_page_writes=on", "shared_buffers=2GB", "effective_cache_size=8GB",
	"max_wal_size=16GB", "checkpoint_timeout=30min", "max_connections=200", "random_page_cost=1.1",
	"shared_preload_libraries=pg_stat_statements",
}

// signedIn is how many practitioners have a session: one for each connection of the widest load.
const signedIn = 256

// nation is a PostgreSQL server with a country on it, in the service's tables and in the yardstick's, and the
// service that answers for it.
type nation struct {
	cluster *postgrestest.Cluster
	pid     int    // of the server's first process
	name    string // of the service's database
	persons int
	bare    *yardstick.Bare

	address  string // of the service's store
	key      []byte
	kept     *store.Store
	cases    *registry.Registry
	product  *running
	sessions []*http.Cookie

	complete, ready, blank *pool
}

// pool is persons who are all at one point of their vaccination, each of whom serves once for a step.
type pool struct {
	persons int // of the country
	first   int // of every ten persons, the first who is in the pool
	width   int // and how many are
	taken   atomic.Int64
}

func (p *pool) size() int { return p.persons / 10 * p.width }

// at is the k-th person, in an order that knows nothing of that in which they were stored.
func (p *pool) at(k int) int {
	k = int(uint64(k) * stride(p.size()) % uint64(p.size()))
	return k/p.width*10 + p.first + k%p.width
}

// stride is a number that walks through as many places without meeting one twice.
func stride(size int) uint64 {
	s := uint64(size)*618/1000 | 1
	for gcd(s, uint64(size)) != 1 {
		s += 2
	}
	return s
}

func gcd(a, b uint64) uint64 {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

// errTaken is what a step says that has no persons left.
var errTaken = errors.New("all persons for this step are taken")

// next is a person who was not taken before, or errTaken when all were.
func (p *pool) next() (int, error) {
	k := int(p.taken.Add(1)) - 1
	if k >= p.size() {
		return 0, fmt.Errorf("%w: %d are not enough (-persons)", errTaken, p.size())
	}
	return p.at(k), nil
}

// any is the k-th person, and the first again after the last.
func (p *pool) any(k int) int { return p.at(k % p.size()) }

// newNation makes a country of so many persons: of ten, five have both doses, four are ready for the first, one
// has nothing declared.
func newNation(ctx context.Context, l *lab, cluster *postgrestest.Cluster, persons int) (n *nation, err error) {
	n = &nation{cluster: cluster, name: "nation" + strconv.Itoa(persons), persons: persons}
	first, err := os.ReadFile(filepath.Join(cluster.Data(), "postmaster.pid"))
	if err == nil {
		_, err = fmt.Sscan(string(first), &n.pid)
	}
	if err != nil {
		return nil, fmt.Errorf("finding the server's process: %w", err)
	}
	n.complete = &pool{persons: persons, first: 0, width: 5}
	n.ready = &pool{persons: persons, first: 5, width: 4}
	n.blank = &pool{persons: persons, first: 9, width: 1}
	if n.bare, err = yardstick.New(cluster, "bare"+n.name, persons); err != nil {
		return nil, err
	}
	if _, err := cluster.SQL("postgres", "CREATE DATABASE "+n.name); err != nil {
		return nil, err
	}
	n.address = cluster.URL(postgrestest.Superuser, n.name)
	if n.key, err = auth.NewKey(); err != nil {
		return nil, err
	}
	if n.kept, n.cases, err = openStore(ctx, n.address); err != nil {
		return nil, err
	}
	if err := n.populate(ctx, l); err != nil {
		return nil, errors.Join(err, n.kept.Close())
	}
	if n.sessions, err = signIn(n.kept, n.key, doctors(signedIn)); err != nil {
		return nil, errors.Join(err, n.kept.Close())
	}
	tagged(ctx, "ours", func(ctx context.Context) {
		n.product, err = serveProduct(ctx, l.folder, n.kept, n.cases, n.key)
	})
	if err == nil {
		err = n.awaitNumbered(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, n.kept.Close())
	}
	return n, nil
}

// awaitNumbered waits until the service has numbered what stands in the access log, so that it does not while it is
// measured: from then on it numbers what is measured.
func (n *nation) awaitNumbered(ctx context.Context) error {
	for range 600 {
		left, err := n.cluster.SQL(n.name, "SELECT (SELECT count(*) FROM access_log) - (SELECT size FROM log_state)")
		if err != nil {
			return err
		}
		if left == "0" {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(500 * time.Millisecond):
		}
	}
	return errors.New("the service does not number its access log")
}

func (n *nation) close() error { return errors.Join(n.product.stop(), n.kept.Close()) }

// session is the session of a caller.
func (n *nation) session(c *caller) string { return n.sessions[c.index].Value }
