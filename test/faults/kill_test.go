package faults_test

import (
	"math/rand/v2"
	"testing"
	"time"
)

func shortly(most time.Duration) { time.Sleep(time.Duration(rand.Int64N(int64(most)))) }

// TestKilledAgainAndAgain kills now the service, now the database, at any moment.
func TestKilledAgainAndAgain(t *testing.T) {
	t.Parallel()
	h := open(t)
	s := h.serve(t, h.cluster.URL(owner, database))
	l := h.work(s.address, true)
	services, databases := 0, 0
	for i := range *kills {
		time.Sleep(300 * time.Millisecond)
		shortly(700 * time.Millisecond)
		if i%2 == 0 {
			services++
			if err := s.kill(); err != nil {
				t.Fatal(err)
			}
		} else {
			databases++
			if err := h.cluster.Kill(); err != nil {
				t.Fatal(err)
			}
			shortly(time.Second)
			if err := h.cluster.Boot(); err != nil {
				t.Fatal(err)
			}
		}
		s.awaitReady(t, true, time.Minute)
	}
	l.end(t)
	t.Logf("%d kills of the service, %d of the database", services, databases)
}

// TestTheDatabaseIsAwayForAWhile takes the database away for longer than requests wait for it.
func TestTheDatabaseIsAwayForAWhile(t *testing.T) {
	t.Parallel()
	h := open(t)
	s := h.serve(t, h.cluster.URL(owner, database))
	l := h.work(s.address, false)
	time.Sleep(time.Second)
	if err := h.cluster.Kill(); err != nil {
		t.Fatal(err)
	}
	no := s.awaitReady(t, false, 10*time.Second)
	time.Sleep(8 * time.Second)
	if err := h.cluster.Boot(); err != nil {
		t.Fatal(err)
	}
	yes := s.awaitReady(t, true, 10*time.Second)
	time.Sleep(time.Second)
	l.end(t)
	if l.answers["503"] == 0 {
		t.Error("nobody was told that the service is away")
	}
	t.Logf("/readyz said no after %s, and yes again after %s", no.Round(time.Millisecond), yes.Round(time.Millisecond))
}
