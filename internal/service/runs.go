package service

import (
	"context"
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

// runs counts and carries out the runs of campaigns, and counts how far their persons are, one server at a time. A run
// that a server leaves unfinished goes on on another, or on this one when it is back.
func (s *Service) runs(ctx context.Context) error {
	by := ownActor()
	work := func(ctx context.Context) error {
		if _, err := s.cases.WorkRuns(ctx, by, func(registry.Run) {}); err != nil {
			return err
		}
		return s.cases.CountFollowUps(ctx)
	}
	return every(ctx, s.log, workEvery, "carrying out runs of campaigns", work)
}
