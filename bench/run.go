package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"vaccin/bench/yardstick"
	"vaccin/internal/keyring"
	"vaccin/internal/registry"
	"vaccin/internal/store"
	"vaccin/internal/store/postgrestest"
)

// runCampaign concerns about a quarter of a country: those of 75 and more, and those of 60 and more with a long-term condition.
func runCampaign() registry.Campaign {
	return registry.Campaign{
		ID: "bench", Name: "Phase 2", Phase: "Phase 2", Rank: 1, Opens: registry.MustDate("2021-01-18"), Source: "bench",
		Criteria: registry.Criteria{
			{Age: registry.Age{AtLeast: 75}}, {Age: registry.Age{AtLeast: 60}, Conditions: registry.AmongConditions{Any: registry.AnswerYes}},
		},
	}
}

// benchRun is (run): a run over an imported population, from its approval to its codes being in force, against the bare targeting of
// the same persons in a bare table, by turns; what it counts before, and ten kills in the midst, are told beside.
func benchRun(ctx context.Context, l *lab) (v verdict, err error) {
	binary, err := l.program(ctx)
	if err != nil {
		return v, err
	}
	cluster, err := postgrestest.Start(durable...)
	if err != nil {
		return v, err
	}
	defer func() { err = errors.Join(err, cluster.Stop()) }()
	v = verdict{limit: 1.5, atMost: true, comment: "time of a run over that of the bare targeting"}
	for i, persons := range pick(l, []int{l.imported[0], l.imported[1]}, []int{2_000}) {
		b := &runBench{populationBench: populationBench{
			lab: l, cluster: cluster, binary: binary, persons: persons, name: fmt.Sprintf("run_%d", i),
		}}
		if v.ratio, err = b.run(ctx); err != nil {
			return v, err
		}
	}
	return v, nil
}

// runBench is one size.
type runBench struct {
	populationBench
	kept   *store.Store
	number int // of the last run
}

func (b *runBench) run(ctx context.Context) (ratio float64, err error) {
	path := filepath.Join(b.folder, b.name+".csv")
	if err := b.write(path); err != nil {
		return 0, err
	}
	rate, peak, err := b.imported(ctx, path, b.persons)
	if err = errors.Join(err, os.Remove(path)); err != nil {
		return 0, err
	}
	b.say("%d persons imported, %.0f a second, peak memory %.0f MB", b.persons, rate, peak/(1<<20))
	if err := b.open(ctx); err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, b.kept.Close()) }()
	// The first is not counted: it tells the yardstick who is concerned.
	if _, err := b.ours(ctx); err != nil {
		return 0, err
	}
	if err := b.bareTable(); err != nil {
		return 0, err
	}
	if ratio, err = b.byTurns(ctx); err != nil {
		return 0, err
	}
	if err := b.killed(ctx); err != nil {
		return 0, err
	}
	return ratio, b.dropped()
}

func (b *runBench) open(ctx context.Context) error {
	source := keyring.File(filepath.Join(b.folder, b.name+".nir"))
	kept, err := store.Open(ctx, b.cluster.URL(postgrestest.Superuser, b.name), store.Options{Keys: source})
	b.kept = kept
	return err
}

// byTurns is the ratio of the times of runs to those of the bare targeting, the median of rounds.
func (b *runBench) byTurns(ctx context.Context) (float64, error) {
	var ratios []float64
	for round := range pick(b.lab, 3, 1) {
		times := map[bool]time.Duration{}
		for _, ours := range []bool{round%2 == 0, round%2 != 0} {
			do := b.bareTargeting
			if ours {
				do = func() (time.Duration, error) { return b.ours(ctx) }
			}
			took, err := do()
			if err != nil {
				return 0, err
			}
			times[ours] = took
		}
		ratios = append(ratios, times[true].Seconds()/times[false].Seconds())
		b.say("a run %.2f s, bare targeting %.2f s, ratio %.2f", times[true].Seconds(), times[false].Seconds(), ratios[round])
	}
	slices.Sort(ratios)
	return ratios[len(ratios)/2], nil
}

// ours takes the codes of the run before away and makes another.
func (b *runBench) ours(ctx context.Context) (time.Duration, error) {
	if err := b.without(); err != nil {
		return 0, err
	}
	if err := b.approved(ctx); err != nil {
		return 0, err
	}
	began := time.Now()
	err := b.kept.CarryOut(ctx, b.number, benchEvent(), time.Now, func(registry.Progress) {})
	return time.Since(began), err
}

// without takes the codes of the last run away, as no run may.
func (b *runBench) without() error {
	if b.number == 0 {
		return nil
	}
	_, err := b.cluster.SQL(b.name, fmt.Sprintf("DROP TABLE IF EXISTS target_run_%d; DELETE FROM target; CHECKPOINT", b.number))
	return err
}

func benchEvent() registry.Event {
	return registry.Event{At: time.Now(), Action: registry.ActionCarryOutRun, NationalID: "bench"}
}

// approved prepares another run, counts it and approves it.
func (b *runBench) approved(ctx context.Context) (err error) {
	if b.number, err = b.kept.PrepareRun(ctx, registry.Run{Campaign: runCampaign(), PreparedBy: "a", PreparedAt: time.Now()}, benchEvent()); err != nil {
		return err
	}
	began := time.Now()
	if err := b.kept.CountRun(ctx, b.number); err != nil {
		return err
	}
	if b.number == 1 {
		b.say("counted before, by department, age and sex: %.2f s", time.Since(began).Seconds())
	}
	return b.kept.ApproveRun(ctx, b.number, "b", time.Now(), benchEvent())
}

// bareTable makes the yardstick's table of the same persons. Who is concerned and younger has both flags that its rule asks for.
func (b *runBench) bareTable() error {
	_, err := b.cluster.SQL(b.name, `CREATE TABLE person (id bigint PRIMARY KEY, bidx bytea NOT NULL, birth date NOT NULL, sex smallint NOT NULL,
	dept smallint NOT NULL, flags int NOT NULL, enc bytea NOT NULL, version int NOT NULL DEFAULT 0);
INSERT INTO person SELECT p.record_num, sha256(int8send(p.record_num)), to_date(p.born_last::text, 'YYYYMMDD'), 1 + p.record_num % 2, 1 + p.record_num % 95,
	CASE WHEN t.record_num IS NULL THEN 0 ELSE 3 END, decode(repeat(md5(p.record_num::text), 2), 'hex'), 0
	FROM patient p LEFT JOIN target t ON t.record_num = p.record_num;
CREATE UNIQUE INDEX ON person (bidx)`)
	if err == nil {
		_, err = b.cluster.SQL(b.name, "VACUUM ANALYZE person")
	}
	return err
}

// bareTargeting is the yardstick's own file, with its table under another name: ours has that one.
func (b *runBench) bareTargeting() (time.Duration, error) {
	if _, err := b.cluster.SQL(b.name, "DROP TABLE IF EXISTS bare_target; CHECKPOINT"); err != nil {
		return 0, err
	}
	text, err := yardstick.Targeting()
	if err != nil {
		return 0, err
	}
	began := time.Now()
	for statement := range strings.SplitSeq(text, ";") {
		if strings.TrimSpace(statement) == "" || strings.Contains(statement, "drop table") {
			continue
		}
		if _, err := b.cluster.SQL(b.name, bareNames.Replace(statement)); err != nil {
			return 0, err
		}
	}
	return time.Since(began), nil
}

var bareNames = strings.NewReplacer("table target", "table bare_target", "into target", "into bare_target", "on target", "on bare_target", "\\timing on", "")

// killed has the operator's command carry a run out and kills it ten times on the way; in the end everybody concerned has a code,
// and nobody's is another's.
func (b *runBench) killed(ctx context.Context) error {
	wanted, err := b.cluster.SQL(b.name, "SELECT count(*), count(DISTINCT record_num), count(DISTINCT code) FROM target")
	if err != nil {
		return err
	}
	if err := errors.Join(b.without(), b.approved(ctx)); err != nil {
		return err
	}
	kills, pause := 0, 30*time.Millisecond
	for state := ""; state != "done"; pause += pause / 3 {
		within := time.Hour
		if kills < 10 {
			within = pause
		}
		killed, err := b.command(ctx, within)
		if err != nil {
			return err
		}
		if killed {
			kills++
		}
		// One that was killed a moment ago may still hold the run.
		if state, err = b.cluster.SQL(b.name, fmt.Sprintf("SELECT state FROM campaign_run WHERE number = %d", b.number)); err != nil {
			return err
		}
	}
	got, err := b.cluster.SQL(b.name, "SELECT count(*), count(DISTINCT record_num), count(DISTINCT code) FROM target")
	if err == nil && got != wanted {
		err = fmt.Errorf("killed %d times a run gives %q (codes, persons, different codes), undisturbed %q", kills, got, wanted)
	}
	b.say("killed %d times, a run gives as many codes to the same number of persons: %s", kills, strings.ReplaceAll(got, "\t", ", "))
	return err
}

// command has the operator's command carry runs out, and kills it when it takes longer.
func (b *runBench) command(ctx context.Context, within time.Duration) (killed bool, err error) {
	limited, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	out, err := exec.CommandContext(limited, b.binary, "target", "--store", b.cluster.URL(postgrestest.Superuser, b.name)).CombinedOutput()
	if limited.Err() != nil && ctx.Err() == nil {
		return true, nil
	}
	if err != nil {
		err = fmt.Errorf("carrying a run out: %w: %s", err, out)
	}
	return false, err
}

// dropped takes the database away.
func (b *runBench) dropped() error {
	_, err := b.cluster.SQL("postgres", "DROP DATABASE "+b.name+" WITH (FORCE)")
	return err
}
