package registrytest

import (
	"context"
	"errors"
	"sync"
	"time"

	"vaccin/internal/nir"
	"vaccin/internal/registry"
)

// Failing is a store whose methods fail on demand; the others are those of the store it wraps. Every
// method is written out, so that a method added to the contract cannot slip past it.
type Failing struct {
	Store registry.Store

	mu     sync.Mutex
	errors map[string]error
}

var _ registry.Store = (*Failing)(nil)

// Fail makes the method of that name fail with an error until it is called again with nil.
func (f *Failing) Fail(method string, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.errors == nil {
		f.errors = map[string]error{}
	}
	f.errors[method] = err
}

func (f *Failing) failure(method string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.errors[method]
}

// guarded calls the wrapped method unless it is to fail.
func guarded[T any](f *Failing, method string, call func() (T, error)) (T, error) {
	if err := f.failure(method); err != nil {
		var none T
		return none, err
	}
	return call()
}

// errNoSuchStore is what is asked of a wrapped store that keeps no such thing.
var errNoSuchStore = errors.New("registrytest: the wrapped store keeps no such thing")

// of calls a method of the wrapped store as one of kind S, unless it is to fail.
func of[S, T any](f *Failing, method string, call func(S) (T, error)) (T, error) {
	return guarded(f, method, func() (T, error) {
		if s, ok := f.Store.(S); ok {
			return call(s)
		}
		var none T
		return none, errNoSuchStore
	})
}

// done is of for a method that returns nothing but an error.
func done[S any](f *Failing, method string, call func(S) error) error {
	_, err := of(f, method, func(s S) (struct{}, error) { return struct{}{}, call(s) })
	return err
}

// Facts fails or does what the wrapped store does.
func (f *Failing) Facts(ctx context.Context, id registry.RecordID, want registry.Wanted) (registry.Facts, error) {
	return guarded(f, "Facts", func() (registry.Facts, error) { return f.Store.Facts(ctx, id, want) })
}

// Read fails or does what the wrapped store does.
func (f *Failing) Read(ctx context.Context, id registry.RecordID, event registry.Event) (registry.Record, error) {
	return guarded(f, "Read", func() (registry.Record, error) { return f.Store.Read(ctx, id, event) })
}

// FindByCode fails or does what the wrapped store does.
func (f *Failing) FindByCode(
	ctx context.Context, code registry.TargetCode, event registry.Event, toll registry.Toll,
) (registry.Record, error) {
	return guarded(f, "FindByCode", func() (registry.Record, error) { return f.Store.FindByCode(ctx, code, event, toll) })
}

// FindByNIR fails or does what the wrapped store does.
func (f *Failing) FindByNIR(
	ctx context.Context, number nir.Number, event registry.Event, toll registry.Toll,
) ([]registry.Record, error) {
	return guarded(f, "FindByNIR", func() ([]registry.Record, error) { return f.Store.FindByNIR(ctx, number, event, toll) })
}

// FindByKey fails or does what the wrapped store does.
func (f *Failing) FindByKey(ctx context.Context, holder nir.Number, born registry.BirthDate, rank int) (registry.RecordID, error) {
	return guarded(f, "FindByKey", func() (registry.RecordID, error) { return f.Store.FindByKey(ctx, holder, born, rank) })
}

// Apply fails or does what the wrapped store does.
func (f *Failing) Apply(ctx context.Context, change registry.Change) error {
	_, err := guarded(f, "Apply", func() (struct{}, error) { return struct{}{}, f.Store.Apply(ctx, change) })
	return err
}

// Log fails or does what the wrapped store does.
func (f *Failing) Log(ctx context.Context, event registry.Event) error {
	_, err := guarded(f, "Log", func() (struct{}, error) { return struct{}{}, f.Store.Log(ctx, event) })
	return err
}

// LogTried fails or does what the wrapped store does.
func (f *Failing) LogTried(ctx context.Context, event registry.Event, toll registry.Toll) error {
	_, err := guarded(f, "LogTried", func() (struct{}, error) { return struct{}{}, f.Store.LogTried(ctx, event, toll) })
	return err
}

// Throttle fails or does what the wrapped store does.
func (f *Failing) Throttle(ctx context.Context, key string) (registry.Throttle, error) {
	return guarded(f, "Throttle", func() (registry.Throttle, error) { return f.Store.Throttle(ctx, key) })
}

// PurgeThrottles fails or does what the wrapped store does.
func (f *Failing) PurgeThrottles(ctx context.Context, before time.Time) error {
	_, err := guarded(f, "PurgeThrottles", func() (struct{}, error) { return struct{}{}, f.Store.PurgeThrottles(ctx, before) })
	return err
}

// OwnActs fails or does what the wrapped store does.
func (f *Failing) OwnActs(ctx context.Context, want registry.OwnActsQuery, event registry.Event) ([]registry.OwnAct, error) {
	return guarded(f, "OwnActs", func() ([]registry.OwnAct, error) { return f.Store.OwnActs(ctx, want, event) })
}

// Reports fails or does what the wrapped store does.
func (f *Failing) Reports(ctx context.Context, want registry.ReportsQuery, event registry.Event) ([]registry.Report, error) {
	return guarded(f, "Reports", func() ([]registry.Report, error) { return f.Store.Reports(ctx, want, event) })
}

// Entries fails or does what the wrapped store does.
func (f *Failing) Entries(ctx context.Context, want registry.EventQuery, event registry.Event) ([]registry.LogEntry, error) {
	return guarded(f, "Entries", func() ([]registry.LogEntry, error) { return f.Store.Entries(ctx, want, event) })
}

// Holdings fails or does what the wrapped store does.
func (f *Failing) Holdings(ctx context.Context, id registry.RecordID, event registry.Event) (registry.Holdings, error) {
	return guarded(f, "Holdings", func() (registry.Holdings, error) { return f.Store.Holdings(ctx, id, event) })
}

// Reference fails or does what the wrapped store does.
func (f *Failing) Reference(ctx context.Context) (registry.Reference, error) {
	return guarded(f, "Reference", func() (registry.Reference, error) { return f.Store.Reference(ctx) })
}

// PracticePlaces fails or does what the wrapped store does.
func (f *Failing) PracticePlaces(ctx context.Context, nationalID string) ([]registry.PracticePlace, error) {
	return guarded(f, "PracticePlaces", func() ([]registry.PracticePlace, error) { return f.Store.PracticePlaces(ctx, nationalID) })
}

// Localities fails or does what the wrapped store does.
func (f *Failing) Localities(ctx context.Context, text string, limit int) ([]registry.Locality, error) {
	return guarded(f, "Localities", func() ([]registry.Locality, error) { return f.Store.Localities(ctx, text, limit) })
}

// LocalitiesNamed fails or does what the wrapped store does.
func (f *Failing) LocalitiesNamed(ctx context.Context, label string) ([]registry.Locality, error) {
	return guarded(f, "LocalitiesNamed", func() ([]registry.Locality, error) { return f.Store.LocalitiesNamed(ctx, label) })
}

// Places fails or does what the wrapped store does.
func (f *Failing) Places(
	ctx context.Context, placeType, text string, day registry.Date, limit int,
) ([]registry.VaccinationPlace, error) {
	return guarded(f, "Places", func() ([]registry.VaccinationPlace, error) {
		return f.Store.Places(ctx, placeType, text, day, limit)
	})
}

// Lots fails or does what the wrapped store does.
func (f *Failing) Lots(ctx context.Context, vaccineCode, text string, limit int) ([]registry.Lot, error) {
	return guarded(f, "Lots", func() ([]registry.Lot, error) { return f.Store.Lots(ctx, vaccineCode, text, limit) })
}

// Capture is a store that hands out changes instead of applying them, so that a test can apply several
// that were decided on the same facts. Everything else is done by the store it wraps.
type Capture struct {
	registry.Store

	mu      sync.Mutex
	changes []registry.Change
}

// Apply keeps the change and says that it was applied.
func (c *Capture) Apply(_ context.Context, change registry.Change) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.changes = append(c.changes, change)
	return nil
}

// Take returns the changes captured since the last call, in their order.
func (c *Capture) Take() []registry.Change {
	c.mu.Lock()
	defer c.mu.Unlock()
	all := c.changes
	c.changes = nil
	return all
}
