package store

import (
	"bytes"
	"context"
	"errors"
	"net"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"vaccin/internal/measure"
	"vaccin/internal/registry"
)

// figure is the value of a sample, or the count of a distribution.
func figure(t *testing.T, all []measure.Sample, name string, labels ...string) float64 {
	t.Helper()
	for _, s := range all {
		var has []string
		for _, l := range s.Labels {
			has = append(has, l.Value)
		}
		if s.Name == name && strings.Join(has, " ") == strings.Join(labels, " ") {
			return s.Value + float64(s.Count)
		}
	}
	t.Errorf("there is no %s %v", name, labels)
	return -1
}

// sharing is how many pieces of work commits were for.
func sharing(all []measure.Sample) float64 {
	for _, s := range all {
		if s.Name == "vaccin_store_commit_works" {
			return s.Sum
		}
	}
	return -1
}

func TestTheStoreTellsHowItWorks(t *testing.T) {
	s := openDatabase(t, Options{Service: true})
	before := sharing(s.Samples(t.Context()))
	var all sync.WaitGroup
	for range 40 {
		all.Go(func() {
			if err := s.Log(t.Context(), registry.Event{At: time.Now(), Action: registry.ActionReadReports}); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if err := s.CreateSession(t.Context(), "id", nil, time.Now().Add(time.Hour), "", "", ""); err != nil {
		t.Fatal(err)
	}
	run := registry.Run{Campaign: registry.Campaign{ID: "c"}, PreparedBy: "a", PreparedAt: time.Now()}
	for range 2 {
		n, err := s.PrepareRun(t.Context(), run, registry.Event{At: time.Now(), Action: registry.ActionPrepareRun})
		if err == nil {
			err = s.RunFailed(t.Context(), n, time.Now())
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := s.DropRun(t.Context(), 1, "b", time.Now(), registry.Event{At: time.Now(), Action: registry.ActionDropRun}); err != nil {
		t.Fatal(err)
	}
	if err := execute(t, s, "INSERT INTO letter_batch (run, part, again, kind, state, content, layout, asked_by, asked_at, through, failed_at) VALUES"+
		" (1, 1, 0, 'pdf', 'gathering', '{}', 1, 'a', 1, 0, 1), (2, 1, 0, 'pdf', 'printing', '{}', 1, 'a', 1, 0, 1),"+
		" (3, 1, 0, 'pdf', 'printed', '{}', 1, 'a', 1, 0, 1), (4, 1, 0, 'pdf', 'printing', '{}', 1, 'a', 1, 0, 0)"); err != nil {
		t.Fatal(err)
	}
	samples := s.Samples(t.Context())
	for of, want := range map[string]float64{"vaccin_failed_runs": 1, "vaccin_failed_batches": 2} {
		if n := figure(t, samples, of); n != want {
			t.Errorf("%s is %v, not %v", of, n, want)
		}
	}
	if works := sharing(samples) - before; works != 47 {
		t.Errorf("%v pieces of work were done", works)
	}
	if commits := figure(t, samples, "vaccin_store_commit_seconds"); commits < 1 || commits > 47 {
		t.Errorf("in %v commits", commits)
	}
	if n := figure(t, samples, "vaccin_sessions"); n != 1 {
		t.Errorf("%v sessions", n)
	}
	if n := figure(t, samples, "vaccin_store_connections", "writers", "max"); n < 1 {
		t.Errorf("at most %v connections", n)
	}
	if n := figure(t, samples, "vaccin_store_up"); n != 1 {
		t.Error("it does not answer")
	}
	figure(t, samples, "vaccin_store_read_seconds")
	figure(t, samples, "vaccin_store_retries_total", "reads")
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if n := figure(t, s.Samples(context.Background()), "vaccin_store_up"); n != 0 {
		t.Error("it answers once closed")
	}
}

// TestWhatIsWrongWithADatabaseIsToldApart: an operator is told what to mend before a first request fails.
func TestWhatIsWrongWithADatabaseIsToldApart(t *testing.T) {
	fresh := databases.Fresh(t)
	if _, err := databases.Cluster().SQL("postgres", "CREATE DATABASE bytes ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0"); err != nil {
		t.Fatal(err)
	}
	at := func(change func(*url.URL)) string {
		u, err := url.Parse(fresh)
		if err != nil {
			t.Fatal(err)
		}
		change(u)
		return u.String()
	}
	for want, address := range map[error]string{
		ErrUnreachable: at(func(u *url.URL) { u.RawQuery = url.Values{"host": {t.TempDir()}}.Encode() }),
		ErrAccount:     at(func(u *url.URL) { u.User = url.UserPassword("nobody", "hush-hush") }),
		ErrEncoding:    at(func(u *url.URL) { u.Path = "/bytes" }),
	} {
		s, err := Open(t.Context(), address, Options{})
		if err == nil {
			s.Close()
		}
		if !errors.Is(err, want) || strings.Contains(err.Error(), "hush-hush") {
			t.Errorf("%v instead of %v", err, want)
		}
	}
	if err := checkServer(140012, "UTF8"); !errors.Is(err, ErrTooOld) {
		t.Errorf("version 14 is taken: %v", err)
	}
	if err := checkServer(150000, "UTF8"); err != nil {
		t.Error(err)
	}
}

// countedConn is a connection that notes what is written and how often a limit is set.
type countedConn struct {
	net.Conn
	got    bytes.Buffer
	limits int
}

func (c *countedConn) SetWriteDeadline(time.Time) error { c.limits++; return nil }

func (c *countedConn) Write(b []byte) (int, error) {
	if len(b) > atOnce {
		return 0, errors.New("too much within one limit")
	}
	return c.got.Write(b)
}

// TestALongWriteIsLimitedPartByPart: an import that the server takes slowly is not taken for a network that is cut.
func TestALongWriteIsLimitedPartByPart(t *testing.T) {
	c := &countedConn{}
	sent := bytes.Repeat([]byte("0123456789"), 3*atOnce/10)
	limited := &limitedConn{Conn: c}
	limited.limit.Store(int64(answerWithin))
	n, err := limited.Write(sent)
	if err != nil || n != len(sent) || !bytes.Equal(c.got.Bytes(), sent) || c.limits != 3 {
		t.Errorf("%d of %d bytes within %d limits, %v", n, len(sent), c.limits, err)
	}
}
