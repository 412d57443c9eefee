package storetest

import (
	"context"
	"time"

	"vaccin/internal/registry"
	"vaccin/internal/registry/registrytest"
)

var failureTests = group{
	"a store that is closed shows nothing and does nothing": closed,
	"a request that ended is shown nothing":                 ended,
}

// calls are all methods of a store; each returns whether it showed anything, and its error.
func (e *env) calls(ctx context.Context) map[string]func() (bool, error) {
	p := e.person(true)
	e.imported(p)
	id := e.eligible()
	change := e.doses(id, 1)[0]
	event := e.event(registry.ActionRead)
	s := e.store
	day := registry.MustDate("2021-02-01")
	e.ok(s.CreateSession(e.ctx, "id", []byte("data"), e.clock.Now(), "owner", "session", "subject"))
	e.ok(s.KeepForm(e.ctx, "id", []byte("data"), e.clock.Now()))
	shown := func(n int, err error) (bool, error) { return n > 0, err }
	kept := func(data []byte, found bool, err error) (bool, error) { return found || data != nil, err }
	return map[string]func() (bool, error){
		"Facts": func() (bool, error) {
			f, err := s.Facts(ctx, p.ID, registry.Wanted{Lot: registrytest.KnownLot})
			return f.Record.ID != "" || f.LotVaccines != nil, err
		},
		"Read": func() (bool, error) { r, err := s.Read(ctx, p.ID, event); return r.ID != "", err },
		"FindByCode": func() (bool, error) {
			r, err := s.FindByCode(ctx, p.Code, event, registry.Toll{})
			return r.ID != "", err
		},
		"FindByNIR": func() (bool, error) {
			r, err := s.FindByNIR(ctx, p.Patient.Holder, event, registry.Toll{})
			return shown(len(r), err)
		},
		"FindByKey": func() (bool, error) {
			r, err := s.FindByKey(ctx, p.Patient.Holder, p.Patient.BirthDate, 1)
			return r != "", err
		},
		"LogTried":       func() (bool, error) { return false, s.LogTried(ctx, event, e.toll("a", 0)) },
		"Throttle":       func() (bool, error) { r, err := s.Throttle(ctx, "a"); return r.Version > 0, err },
		"PurgeThrottles": func() (bool, error) { return false, s.PurgeThrottles(ctx, e.clock.Now()) },
		"OwnActs": func() (bool, error) {
			r, err := s.OwnActs(ctx, registry.OwnActsQuery{NationalID: e.doctor.Practitioner.NationalID, Limit: 9}, event)
			return shown(len(r), err)
		},
		"Reports": func() (bool, error) {
			r, err := s.Reports(ctx, registry.ReportsQuery{Limit: 9}, event)
			return shown(len(r), err)
		},
		"Apply":      func() (bool, error) { return false, s.Apply(ctx, change) },
		"Log":        func() (bool, error) { return false, s.Log(ctx, event) },
		"Reference":  func() (bool, error) { r, err := s.Reference(ctx); return shown(len(r.Vaccines)+len(r.Sites), err) },
		"Localities": func() (bool, error) { r, err := s.Localities(ctx, "75", 9); return shown(len(r), err) },
		"Places": func() (bool, error) {
			r, err := s.Places(ctx, registrytest.PlaceEHPAD, "75", day, 9)
			return shown(len(r), err)
		},
		"Lots": func() (bool, error) { r, err := s.Lots(ctx, registrytest.Comirnaty, "", 9); return shown(len(r), err) },
		"Events": func() (bool, error) {
			r, err := s.Events(ctx, registry.EventQuery{Limit: 9})
			return shown(len(r), err)
		},
		"Named":       func() (bool, error) { r, err := s.LocalitiesNamed(ctx, "75011 Paris"); return shown(len(r), err) },
		"Practice":    func() (bool, error) { r, err := s.PracticePlaces(ctx, "id"); return shown(len(r), err) },
		"Import":      func() (bool, error) { return false, s.ImportReference(ctx, allReference(), event) },
		"Session":     func() (bool, error) { d, _, found, err := s.Session(ctx, "id"); return kept(d, found, err) },
		"KeptForm":    func() (bool, error) { d, _, found, err := s.KeptForm(ctx, "id"); return kept(d, found, err) },
		"SaveSession": func() (bool, error) { return false, s.SaveSession(ctx, "id", nil, e.clock.Now()) },
		"CreateSession": func() (bool, error) {
			return false, s.CreateSession(ctx, "other", nil, e.clock.Now(), "", "", "")
		},
		"CountSessions": func() (bool, error) { return shown(s.CountSessions(ctx, "owner", time.Time{}.UTC())) },
		"EndSessions":   func() (bool, error) { return false, s.EndSessions(ctx, "owner") },
		"EndProviderSessions": func() (bool, error) {
			return s.EndProviderSessions(ctx, "order", e.clock.Now(), "session", "subject")
		},
		"PurgeOrders": func() (bool, error) { return false, s.PurgeOrders(ctx, e.clock.Now()) },
		"KeepForm":    func() (bool, error) { return false, s.KeepForm(ctx, "id", nil, e.clock.Now()) },
		"Delete":      func() (bool, error) { return false, s.DeleteSession(ctx, "id") },
		"DropForm":    func() (bool, error) { return false, s.DropForm(ctx, "id") },
		"Purge":       func() (bool, error) { return false, s.PurgeSessions(ctx, e.clock.Now()) },
		"PurgeForms":  func() (bool, error) { return false, s.PurgeForms(ctx, e.clock.Now()) },
	}
}

func (e *env) allFail(calls map[string]func() (bool, error)) {
	e.Helper()
	for name, call := range calls {
		shown, err := call()
		if err == nil {
			e.Errorf("%s gives no error", name)
		}
		if shown {
			e.Errorf("%s shows something beside its error", name)
		}
		for _, known := range []error{registry.ErrNoRecord, registry.ErrOvertaken, registry.ErrCodeTaken, registry.ErrPatientExists} {
			if isError(err, known) {
				e.Errorf("%s says %q, which it cannot know", name, err)
			}
		}
	}
}

func closed(e *env) {
	calls := e.calls(e.ctx)
	e.ok(e.store.Close())
	e.allFail(calls)
}

func ended(e *env) {
	ctx, cancel := context.WithCancel(e.ctx)
	calls := e.calls(ctx)
	cancel()
	logged := e.logged(func() { e.allFail(calls) })
	e.equal("the log", logged, []registry.Event{})
	e.has(sessionsOf(e.store), "id", "data", e.clock.Now())
}
