package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os/exec"
	"regexp"
	"strconv"
	"time"

	"vaccin/internal/auth"
)

// benchSignIn is (b), loaded by wrk over connections kept alive.
func benchSignIn(ctx context.Context, l *lab) (v verdict, err error) {
	kept, g, err := openStore(ctx, l.newStorePath("sign-in"))
	if err != nil {
		return v, err
	}
	key, err := auth.NewKey()
	if err != nil {
		return v, errors.Join(err, kept.Close())
	}
	product, err := serveProduct(ctx, l.folder, kept, g, key)
	if err != nil {
		return v, errors.Join(err, kept.Close())
	}
	defer func() { err = errors.Join(err, product.stop()) }()
	// With its store closed, the page can only be served if it asks the store nothing.
	if err := kept.Close(); err != nil {
		return v, err
	}
	page, err := statelessPage(ctx, product)
	if err != nil {
		return v, err
	}
	constant, err := serveYardstick(ctx, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write(page) // wrk leaves when its time is up
	}))
	if err != nil {
		return v, err
	}
	defer func() { err = errors.Join(err, constant.stop()) }()
	l.say("a page of %d bytes, no cookie set, served with the store closed", len(page))

	duration := pick(l, 3*time.Second, time.Second)
	load := func(s *running) func(context.Context) (float64, error) {
		return func(ctx context.Context) (float64, error) { return wrk(ctx, "http://"+s.address+"/", duration) }
	}
	c := contest{"pages/s", side{"ours", load(product)}, side{"constant page", load(constant)}, pick(l, 7, 1), 0}
	o, err := c.run(ctx)
	if err != nil {
		return v, err
	}
	c.tell(l, fmt.Sprintf("%d connections", wrkConnections), o)
	return verdict{ratio: o.ratio, limit: 0.40}, nil
}

// statelessPage returns the sign-in page, or an error when it sets a cookie or could not be served.
func statelessPage(ctx context.Context, product *running) ([]byte, error) {
	status, answer, err := get(ctx, "http://"+product.address+"/readyz")
	if err != nil || status != http.StatusServiceUnavailable {
		return nil, fmt.Errorf("the store is closed and the service says %d of its readiness: %w", status, err)
	}
	status, answer, err = get(ctx, "http://"+product.address+"/")
	if err != nil {
		return nil, err
	}
	if status != http.StatusOK || answer.cookies > 0 {
		return nil, fmt.Errorf("the sign-in page answered %d and set %d cookies", status, answer.cookies)
	}
	if !bytes.Contains(answer.body, []byte("/connexion/psc")) {
		return nil, errors.New("this is not the sign-in page")
	}
	return answer.body, nil
}

// page is what a GET brought.
type page struct {
	body    []byte
	cookies int
}

func get(ctx context.Context, address string) (status int, p page, err error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return 0, p, err
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, p, err
	}
	defer answer.Body.Close()
	p.body, err = io.ReadAll(answer.Body)
	p.cookies = len(answer.Header.Values("Set-Cookie"))
	return answer.StatusCode, p, err
}

// wrkConnections is how many connections wrk keeps alive.
const wrkConnections = 64

var (
	wrkRate   = regexp.MustCompile(`Requests/sec:\s+([0-9.]+)`)
	wrkFailed = regexp.MustCompile(`(?m)^\s*(Non-2xx or 3xx responses|Socket errors):.*$`)
)

// wrk loads an address and returns how many answers came a second. An answer that is no page is an error.
func wrk(ctx context.Context, address string, duration time.Duration) (float64, error) {
	out, err := exec.CommandContext(ctx, "wrk", "-t", "1", "-c", strconv.Itoa(wrkConnections), "-d", duration.String(), address).CombinedOutput()
	if err != nil {
		return 0, fmt.Errorf("wrk: %w: %s", err, out)
	}
	if failed := wrkFailed.Find(out); failed != nil {
		return 0, fmt.Errorf("wrk: %s", bytes.TrimSpace(failed))
	}
	found := wrkRate.FindSubmatch(out)
	if found == nil {
		return 0, fmt.Errorf("wrk said no rate: %s", out)
	}
	return strconv.ParseFloat(string(found[1]), 64)
}
