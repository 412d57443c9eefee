package yardstick

import (
	"bytes"
	"io/fs"
	"os"
	"slices"
	"testing"
	"time"

	"vaccin/internal/shareddata"
	"vaccin/internal/store/postgrestest"
)

// The yardsticks are taken as they stand.
func TestTheYardsticksAreCopiesToTheByte(t *testing.T) {
	names, err := fs.Glob(files, "*.sql")
	if err != nil || len(names) != 4 {
		t.Fatalf("%v %v", names, err)
	}
	for _, name := range names {
		want, err := os.ReadFile(shareddata.Path(t, "../bench/"+name))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := files.ReadFile(name); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s differs from the project's (error %v)", name, err)
		}
	}
}

func TestPgbenchIsRunAndRead(t *testing.T) {
	cluster, err := postgrestest.Start("fsync=off")
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := cluster.Stop(); err != nil {
			t.Error(err)
		}
	}()
	b, err := New(cluster, "bare", 100)
	if err != nil {
		t.Fatal(err)
	}
	r, err := b.Run(Load{Script: Dose, Clients: 2, For: time.Second, Rate: 200, Times: true})
	if err != nil {
		t.Fatal(err)
	}
	if r.Rate < 50 || r.Rate > 400 || len(r.Times) < 50 || !slices.IsSorted(r.Times) || r.Times[0] <= 0 {
		t.Errorf("%.0f a second, %d times", r.Rate, len(r.Times))
	}
	if left, err := fs.Glob(os.DirFS(b.folder), "times.*"); err != nil || len(left) > 0 {
		t.Errorf("left %v, error %v", left, err)
	}
	counts, err := cluster.SQL("bare", "SELECT (SELECT count(*) FROM person), (SELECT count(*) FROM immunization) = (SELECT count(*) FROM access_log)")
	if err != nil || counts != "100\tt" {
		t.Errorf("%q, error %v", counts, err)
	}
}

func TestWhatPgbenchSays(t *testing.T) {
	for _, tt := range []struct {
		out  string
		rate float64
		ok   bool
	}{
		{"number of failed transactions: 0 (0.000%)\ntps = 2907.125 (without initial connection time)\n", 2907.125, true},
		{"number of failed transactions: 3 (0.010%)\ntps = 2907.125\n", 0, false},
		{"pgbench (15.1)\n", 0, false},
	} {
		if rate, err := rateOf(tt.out); rate != tt.rate || (err == nil) != tt.ok {
			t.Errorf("%q: %v, %v", tt.out, rate, err)
		}
	}
}

func FuzzPgbenchLog(f *testing.F) {
	f.Add([]byte("0 199 2241 0 1175850568 995598\n0 200 2465 0 1175850568 998079 12\n"))
	f.Add([]byte("0 199 x 0 1 2\n"))
	f.Add([]byte("0 199\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		all, err := appendTimes(nil, text)
		if err == nil && len(all) > bytes.Count(text, []byte("\n"))+1 {
			t.Errorf("%d times of fewer lines", len(all))
		}
	})
}
