package store

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5/pgtype"

	"vaccin/internal/registry"
	"vaccin/internal/registry/registrytest"
)

func TestWhatBecomesOneForMany(t *testing.T) {
	text, whole := uint32(pgtype.TextOID), uint32(pgtype.Int8OID)
	const each = "unnest((SELECT $1::text[]), (SELECT $2::int8[])) WITH ORDINALITY AS each (p1, p2, nth)"
	for name, c := range map[string]struct {
		one   string
		kinds []uint32
		many  string
	}{
		"a query": {
			"SELECT b FROM t WHERE a = $1 AND b > $2 ORDER BY b LIMIT 3",
			[]uint32{text, whole},
			"SELECT each.nth, found.* FROM " + each + " CROSS JOIN LATERAL (SELECT b FROM t WHERE a = each.p1 AND b > each.p2 ORDER BY b LIMIT 3) AS found",
		},
		"an update": {
			"UPDATE t SET a = $1 WHERE b = $2",
			[]uint32{text, whole},
			"UPDATE t SET a = each.p1 FROM " + each + " WHERE b = each.p2 RETURNING each.nth",
		},
		"an insert under a guard": {
			"INSERT INTO t (a, b) SELECT $1, b FROM g WHERE b = $2",
			[]uint32{text, whole},
			"INSERT INTO t (a, b) SELECT made.* FROM " + each + " CROSS JOIN LATERAL (SELECT each.p1, b FROM g WHERE b = each.p2) AS made RETURNING a",
		},
		"an insert": {
			"INSERT INTO t (a, b) VALUES ($1, $2)",
			[]uint32{text, whole},
			"INSERT INTO t (a, b) SELECT each.p1, each.p2 FROM " + each,
		},
		"an insert that passes over what is there": {
			"INSERT INTO t (a, b) VALUES ($1, $2) ON CONFLICT DO NOTHING",
			[]uint32{text, whole},
			"INSERT INTO t (a, b) SELECT each.p1, each.p2 FROM " + each + " ON CONFLICT DO NOTHING",
		},
		"an insert that replaces what is there": {
			"INSERT INTO t (a, b) VALUES ($1, $2) ON CONFLICT (a) DO UPDATE SET b = excluded.b", []uint32{text, whole}, "",
		},
		"an insert under a guard that may conflict": {
			"INSERT INTO t (a, b) SELECT b, $1 FROM g WHERE b = $2 ON CONFLICT DO NOTHING",
			[]uint32{text, whole},
			"INSERT INTO t (a, b) SELECT made.* FROM " + each + " CROSS JOIN LATERAL (SELECT b, each.p1 FROM g WHERE b = each.p2) AS made ON CONFLICT DO NOTHING",
		},
		"an insert of two rows":       {"INSERT INTO t (a) VALUES ($1), ($2)", []uint32{text, whole}, ""},
		"a deletion":                  {"DELETE FROM t WHERE a = $1 AND b = $2", []uint32{text, whole}, ""},
		"no arguments":                {"SELECT a FROM t", nil, ""},
		"an argument of another type": {"SELECT a FROM t WHERE a = $1 AND b = $2", []uint32{text, pgtype.XID8OID}, ""},
	} {
		if diff := cmp.Diff(c.many, merge(c.one, c.kinds).sql); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	var one []string
	var kinds []uint32
	for i := range 12 {
		one, kinds = append(one, fmt.Sprintf("$%d", i+1)), append(kinds, whole)
	}
	if got := merge("SELECT "+strings.Join(one, ", "), kinds).sql; !strings.Contains(got, "(SELECT each.p1, each.p2, ") || !strings.Contains(got, ", each.p12) AS found") {
		t.Errorf("arguments of two digits: %s", got)
	}
}

// taped is an engine that remembers each text that it is given.
type taped struct {
	*postgres
	mu     sync.Mutex
	reads  map[string][]any
	writes map[string][]any
}

func tape(s *Store) *taped {
	t := &taped{postgres: s.engine.(*postgres), reads: map[string][]any{}, writes: map[string][]any{}}
	s.engine, s.queue.engine = t, t
	return t
}

func (p *taped) read(ctx context.Context, queries ...query) error {
	p.mu.Lock()
	for _, q := range queries {
		p.reads[q.sql] = q.args
	}
	p.mu.Unlock()
	return p.postgres.read(ctx, queries...)
}

func (p *taped) transact(batch []work, waits func()) ([]error, *failure) {
	p.mu.Lock()
	for _, w := range batch {
		for _, s := range w.statements {
			p.writes[s.sql] = s.args
		}
	}
	p.mu.Unlock()
	return p.postgres.transact(batch, waits)
}

// TestHotStatementsAreMerged: what each act asks and writes has a form for many that the database takes, but for
// what may conflict.
func TestHotStatementsAreMerged(t *testing.T) {
	s := openDatabase(t, Options{})
	p := tape(s)
	hotPath(t, s)
	c, err := p.acquire(t.Context(), &p.writers)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Release()
	all := map[string]bool{}
	for text := range p.reads {
		all[text] = true
	}
	for text := range p.writes {
		all[text] = true
	}
	if len(all) < 25 {
		t.Errorf("%d statements", len(all))
	}
	for text := range all {
		m, err := p.mergedOf(c, text)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		if m.sql == "" {
			if strings.Contains(text, "$1") && !strings.Contains(text, "ON CONFLICT") && !strings.HasPrefix(text, "DELETE") {
				t.Errorf("is never one for many: %s", text)
			}
			continue
		}
		if _, err := prepare(c.Conn().PgConn(), m.sql); err != nil {
			t.Errorf("%s\n%s\n%v", text, m.sql, err)
		}
	}
}

// hotPath does once everything that a practitioner does all day.
func hotPath(t testing.TB, s *Store) {
	t.Helper()
	ctx, by := t.Context(), registrytest.Doctor("Martin")
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	g := registrytest.NewRegistry(s, registrytest.NewClock())
	g.Random = registry.New(s).Random
	importAll(t, s, g)
	id, _, err := g.Register(ctx, by, registrytest.NIR(9_000_001), registrytest.RegistrationRequest())
	must(err)
	act := registry.Act{By: by, Record: id, From: 1, Request: "hot"}
	_, err = g.DeclareEligibility(ctx, act, registrytest.EligibilityRequest())
	must(err)
	facts, err := s.Facts(ctx, id, registry.Wanted{})
	must(err)
	act.Step = registry.StepFirstDose
	_, err = g.RecordDose(ctx, act, registrytest.DoseRequest())
	must(err)
	_, err = g.SearchByCode(ctx, by, facts.Record.Code.Format())
	must(err)
	_, err = g.SearchByNIR(ctx, by, registrytest.NIR(9_000_001))
	must(err)
	event := g.ImportEvent(by, 1, "")
	_, err = s.Localities(ctx, "69", 10)
	must(err)
	_, err = s.Places(ctx, "EHPAD", "69", registry.MustDate("2021-02-01"), 10)
	must(err)
	_, err = s.Lots(ctx, registrytest.Lots()[0].VaccineCode, "E", 10)
	must(err)
	_, err = s.PracticePlaces(ctx, "8100")
	must(err)
	_, err = s.OwnActs(ctx, registry.OwnActsQuery{NationalID: by.Practitioner.NationalID, Before: event.At, Limit: 10}, event)
	must(err)
	_, _, _, err = s.Session(ctx, "none")
	must(err)
	must(s.SaveSession(ctx, "none", []byte("x"), event.At))
	_, _, _, err = s.KeptForm(ctx, "none")
	must(err)
	_, err = s.CountSessions(ctx, "none", event.At)
	must(err)
}
