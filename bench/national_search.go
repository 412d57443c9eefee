package main

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// wanted is someone to be found by the yardstick: by the key that the service made of their number, or by their code.
type wanted struct{ key, code string }

// nationalSearch is (pb).
type nationalSearch struct {
	n       *nation
	l       *lab
	each    time.Duration
	persons []wanted
}

// benchNationalSearch is (pb). The lowest ratio of the requests that search, against entries that have commits of
// their own, is judged; the others are told.
func benchNationalSearch(ctx context.Context, l *lab) (v verdict, err error) {
	n, err := l.nation(ctx, million(l))
	if err != nil {
		return v, err
	}
	b := &nationalSearch{n: n, l: l, each: pick(l, l.turn, 100*time.Millisecond)}
	if b.persons, err = n.sample(); err != nil {
		return v, err
	}
	pages := map[string][]byte{}
	byCode, list := n.searchByCode(), n.searchByNIR()
	for name, do := range map[string]turn{"code": n.readPage(""), "nir": list} {
		if pages[name], err = n.pageOf(ctx, do); err != nil {
			return v, err
		}
	}
	v = verdict{limit: 0.60, comment: "the lowest of the requests that search, each entry with a commit of its own"}
	for _, shared := range pick(l, []bool{false, true}, []bool{false}) {
		bare, err := openBareSearch(ctx, n, shared, pages)
		if err != nil {
			return v, err
		}
		yardstick, err := serveYardstick(ctx, bare.handler())
		if err != nil {
			return v, errors.Join(err, bare.close())
		}
		for _, s := range []struct {
			name, path string
			form       func(wanted) url.Values
			ours       map[string]func(context.Context, int) (float64, error)
		}{
			{"by code", "/code", func(p wanted) url.Values { return url.Values{"code": {p.code}} }, map[string]func(context.Context, int) (float64, error){
				"the form": b.closed(byCode), "form and record": b.closed(n.searchAndRead()),
			}},
			{"by NIR", "/nir", func(p wanted) url.Values { return url.Values{"key": {p.key}} }, map[string]func(context.Context, int) (float64, error){
				"the list": b.lists, "form and list": b.closed(n.searchByNIR()),
			}},
		} {
			for what, ours := range s.ours {
				ratio, err := b.compare(ctx, s.name+", "+what, shared, ours, yardstick, s.path, s.form)
				if err != nil {
					return v, errors.Join(err, yardstick.stop(), bare.close())
				}
				if !shared && strings.HasPrefix(what, "the ") && (v.ratio == 0 || ratio < v.ratio) {
					v.ratio = ratio
				}
			}
		}
		if err := errors.Join(yardstick.stop(), bare.close()); err != nil {
			return v, err
		}
	}
	for _, do := range []turn{byCode, n.searchByNIR()} {
		if err := n.tellStatements(ctx, l, "a search", 16, b.each, do); err != nil {
			return v, err
		}
	}
	return v, nil
}

// closed is as many turns as can be, over so many connections.
func (b *nationalSearch) closed(do turn) func(context.Context, int) (float64, error) {
	return func(ctx context.Context, connections int) (float64, error) {
		return b.n.closed(connections, b.each, do)(ctx)
	}
}

// compare has both sides take turns over so many connections as each is quickest with.
func (b *nationalSearch) compare(
	ctx context.Context, what string, shared bool, ours func(context.Context, int) (float64, error), yardstick *running, path string, form func(wanted) url.Values,
) (float64, error) {
	bare := b.bareTurn(yardstick.address, path, form)
	theirs := func(ctx context.Context, connections int) (rate float64, err error) {
		tagged(ctx, "client", func(ctx context.Context) {
			var did loaded
			did, err = drive(ctx, yardstick.address, connections, b.each, bare)
			rate = did.rate
		})
		return rate, err
	}
	mine, err := quickest(ctx, b.l, ours)
	if err != nil {
		return 0, err
	}
	its, err := quickest(ctx, b.l, theirs)
	if err != nil {
		return 0, err
	}
	m := newMeter(b.n)
	commits := "own commits"
	if shared {
		commits = "shared commits"
	}
	c := contest{
		"searches/s",
		m.metered(fmt.Sprintf("ours, %d", mine), func(ctx context.Context) (float64, error) { return ours(ctx, mine) }),
		m.metered(fmt.Sprintf("bare, %d", its), func(ctx context.Context) (float64, error) { return theirs(ctx, its) }),
		pick(b.l, b.l.rounds, 1), 0,
	}
	o, err := c.run(ctx)
	if err != nil {
		return 0, fmt.Errorf("%s: %w", what, err)
	}
	b.l.say("%s, against %s", what, commits)
	c.tell(b.l, "", o)
	m.tell(b.l, c)
	return o.ratio, nil
}

// quickest is over how many connections something is quickest.
func quickest(ctx context.Context, l *lab, run func(context.Context, int) (float64, error)) (best int, err error) {
	if l.smoke {
		return 16, nil
	}
	highest := 0.0
	for _, connections := range []int{16, 64, 128} {
		rate, err := run(ctx, connections)
		if err != nil {
			return 0, err
		}
		if rate > highest {
			highest, best = rate, connections
		}
	}
	return best, nil
}

// bareTurn asks the yardstick for someone, with the head that a browser sends.
func (b *nationalSearch) bareTurn(address, path string, form func(wanted) url.Values) turn {
	return func(c *caller, _ int) (int, error) {
		body := form(b.persons[rand.IntN(len(b.persons))]).Encode()
		c.out = append(c.out[:0], postOf(address, path, b.n.session(c), body)...)
		r, err := c.send()
		if err != nil {
			return 0, err
		}
		return 0, r.must(http.StatusOK, "")
	}
}

// lists has lists asked for, whose NIRs were posted before: each connection asks for as many as its session keeps.
func (b *nationalSearch) lists(ctx context.Context, connections int) (float64, error) {
	const kept = 8
	keep, list := b.n.keepNumber(), b.n.listNumber()
	type search struct {
		person int
		kept   keptNumber
	}
	searches := make([][]search, connections)
	do := func(what func(c *caller) error) (loaded, error) {
		return connected(ctx, b.n.product.address, connections, patience, func(_ context.Context, c *caller, l *loaded, _ time.Time) error {
			for range kept {
				if err := what(c); err != nil {
					return err
				}
				l.add(0, 0)
			}
			return nil
		})
	}
	var done, took float64
	for began := time.Now(); took == 0 || time.Since(began) < b.each; {
		if _, err := do(func(c *caller) error {
			i := rand.IntN(b.n.persons)
			kept, err := keep(c, i)
			searches[c.index] = append(searches[c.index], search{i, kept})
			return err
		}); err != nil {
			return 0, err
		}
		did, err := do(func(c *caller) error {
			s := searches[c.index][0]
			searches[c.index] = searches[c.index][1:]
			return list(c, s.person, s.kept)
		})
		if err != nil {
			return 0, err
		}
		done += float64(connections * kept)
		took += float64(connections*kept) / did.rate
	}
	return done / took, nil
}

// sample is persons drawn from the whole country.
func (n *nation) sample() ([]wanted, error) {
	// Identifiers are spread like drawn ones, so that their order is one of chance.
	out, err := n.cluster.SQL(n.name, "SELECT encode(holder_key, 'hex'), code FROM record ORDER BY id LIMIT 50000")
	if err != nil {
		return nil, err
	}
	var persons []wanted
	for line := range strings.Lines(out) {
		key, code, _ := strings.Cut(strings.TrimSpace(line), "\t")
		persons = append(persons, wanted{key, code})
	}
	if len(persons) == 0 {
		return nil, errors.New("a country without persons")
	}
	return persons, nil
}

// unhex reads what a form of the bench tells; nobody is found by what is not read.
func unhex(text string) []byte {
	key, err := hex.DecodeString(text)
	if err != nil {
		return nil
	}
	return key
}

// pageOf is a page of the size of what a turn ends with.
func (n *nation) pageOf(ctx context.Context, do turn) ([]byte, error) {
	c, err := dial(ctx, n.product.address, 0, time.Now().Add(patience))
	if err != nil {
		return nil, err
	}
	defer c.conn.Close()
	if _, err := do(c, 0); err != nil {
		return nil, err
	}
	return make([]byte, c.size), nil
}
