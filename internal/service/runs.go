package service

import (
	"context"
	"errors"
	"time"

	"vaccin/internal/registry"
)

// workEvery is how often a server looks for runs of campaigns to count or to carry out.
const workEvery = 5 * time.Second

// ownActor is a server as the access log knows it.
func ownActor() registry.Actor {
	name := ownName()
	return registry.Actor{
		Role: registry.RoleSystem, Door: registry.DoorCommand, Practitioner: registry.Practitioner{NationalID: "service"},
		Place: registry.PracticePlace{ID: name, Name: name},
	}
}

// runs counts and carries out the runs of campaigns, one server at a time. One that a server leaves unfinished goes on
// on another, or on this one when it is back.
func (s *Service) runs(ctx context.Context) error {
	by := ownActor()
	work := func(ctx context.Context) error {
		_, err := s.cases.WorkRuns(ctx, by, func(registry.Run) {})
		if errors.Is(err, registry.ErrRunning) {
			return nil // another server does it
		}
		return err
	}
	return every(ctx, s.log, workEvery, "carrying out runs of campaigns", work)
}

// followEvery is how often a server looks whether the follow-up of runs is to be counted.
const followEvery = time.Minute

// followUps counts how far the persons of runs are. To count a nation takes minutes, for which no run waits.
func (s *Service) followUps(ctx context.Context) error {
	return every(ctx, s.log, followEvery, "counting the follow-up of runs", s.cases.CountFollowUps)
}
