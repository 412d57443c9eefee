package main

import (
	"context"
	"errors"
	"time"

	"vaccin/internal/registry"
	"vaccin/internal/store"
)

// targetCmd counts the persons of runs that wait for it, and carries out the runs that were approved.
type targetCmd struct {
	storeFlags `embed:""`
}

// Run does what a server that serves does by itself, and shows how far it is. Where another process does so it fails, so that
// nobody takes for done what was not.
func (t targetCmd) Run(ctx context.Context, c console) (err error) {
	by, err := operator()
	if err != nil {
		return err
	}
	st, g, err := t.existing(ctx, store.Options{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	shown, number := bar{}, 0
	done, err := workAlone(ctx, func() (int, error) {
		return g.WorkRuns(ctx, by, func(run registry.Run) {
			if run.Number != number {
				shown, number = c.bar(run.Progress.Of, run.Campaign.Name), run.Number
			}
			shown.set(run.Progress.Done)
		})
	})
	elsewhere := errors.Is(err, registry.ErrRunning)
	if elsewhere {
		err = nil
	}
	err = errors.Join(err, shown.finish())
	if done > 0 { // also where others failed
		err = errors.Join(c.printf("%s.\n", count(done, "ciblage décompté ou exécuté", "ciblages décomptés ou exécutés")), err)
	}
	if err != nil {
		return err
	}
	if elsewhere {
		return registry.Conflict("Un autre processus décompte ou exécute un ciblage\u00a0: ceux qui attendent n’ont pas tous été faits. Relancez la commande quand il aura terminé.")
	}
	if done == 0 {
		return c.printf("Aucun ciblage n’attend d’être décompté ni exécuté.\n")
	}
	return nil
}

// How long another that works is waited for: one that was killed a moment ago is there until the database server has seen that it is gone.
const (
	goneWithin   = 5 * time.Second
	lookForOther = 250 * time.Millisecond
)

// workAlone works, and again for a while where another process does so. It returns how many runs were done, and registry.ErrRunning where the
// other is still at work.
func workAlone(ctx context.Context, work func() (done int, err error)) (all int, err error) {
	for began := time.Now(); ; {
		done, err := work()
		all += done
		if !errors.Is(err, registry.ErrRunning) || time.Since(began) > goneWithin {
			return all, err
		}
		select {
		case <-time.After(lookForOther):
		case <-ctx.Done():
			return all, ctx.Err()
		}
	}
}
