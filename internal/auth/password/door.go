package password

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"vaccin/internal/auth"
	"vaccin/internal/registry"
)

// ErrWrong is returned for an unknown login and for a wrong password alike.
var ErrWrong = errors.New("password: unknown login or wrong password")

// BlockedError is returned while a login, known or not, may not be tried.
type BlockedError struct{ Wait time.Duration }

func (e *BlockedError) Error() string { return "password: too many tries with this login" }

// Tries is where tries are counted, so that all servers count together: registry.Store.
type Tries interface {
	Throttle(ctx context.Context, key string) (registry.Throttle, error)
	LogTried(ctx context.Context, event registry.Event, toll registry.Toll) error
}

// Door lets holders of portal accounts in.
type Door struct {
	Accounts registry.PortalAccountStore
	Tries    Tries
	Hasher   *Hasher
	Sealer   *auth.Sealer // makes the names under which logins are throttled
	Limits   registry.Limits
	Now      func() time.Time // security time
	Pause    func(context.Context, time.Duration) error
	Renewed  func(error) // is told that a hash could not be renewed, which keeps nobody out
}

// triesTogether is how many tries of one login may overtake another before it is given up.
const triesTogether = 10

// SignIn returns the account of a login and its password, ErrWrong, a BlockedError or ErrBusy. An unknown
// login costs what a wrong password does and is blocked as it is, so that neither the answer nor its time
// tells which logins there are. Every answer is counted before it is given: of many tries sent together, no
// more are answered than one after the other.
func (d *Door) SignIn(ctx context.Context, login, password string) (registry.PortalAccount, error) {
	login, malformed := registry.FoldLogin(login)
	key := throttlePurpose + ":" + d.Sealer.Blind(throttlePurpose, login)
	var tried *try
	for range triesTogether {
		t, err := d.Tries.Throttle(ctx, key)
		if err != nil {
			return registry.PortalAccount{}, err
		}
		now := d.Now()
		if wait := t.Blocked(now); wait > 0 {
			return registry.PortalAccount{}, &BlockedError{Wait: wait}
		}
		if tried == nil {
			if err := d.Pause(ctx, d.Limits.Wait(t, now)); err != nil {
				return registry.PortalAccount{}, err
			}
			if tried, err = d.try(ctx, login, password); err != nil {
				return registry.PortalAccount{}, err
			}
			tried.right = tried.right && malformed == nil
		}
		err = d.Tries.LogTried(ctx, tried.event(now), d.toll(key, t, now, tried.account))
		switch {
		case errors.Is(err, registry.ErrOvertaken):
			continue
		case err != nil:
			return registry.PortalAccount{}, fmt.Errorf("counting a sign-in by password: %w", err)
		case !tried.right:
			return registry.PortalAccount{}, ErrWrong
		}
		if tried.stale {
			if err := d.renew(ctx, tried.account, password); err != nil {
				d.Renewed(err)
			}
		}
		return tried.account, nil
	}
	return registry.PortalAccount{}, &BlockedError{Wait: time.Second}
}

const throttlePurpose = "password"

// try is what came of a login and a password.
type try struct {
	account      registry.PortalAccount // zero when there is none of that login
	right, stale bool
}

func (d *Door) try(ctx context.Context, login, password string) (*try, error) {
	account, err := d.Accounts.PortalAccount(ctx, login)
	if err != nil && !errors.Is(err, registry.ErrNoPortalAccount) {
		return nil, err
	}
	right, stale, err := d.Hasher.check(ctx, password, account.Hash)
	return &try{account, right, stale}, err
}

// event is the entry of a try in the access log. It names the holder of the account, never the login.
func (t *try) event(now time.Time) registry.Event {
	e := registry.Event{
		At: now, Role: registry.RolePractitioner, Door: registry.DoorPassword, NationalID: t.account.NationalID,
		Action: registry.ActionSignInPassword, Outcome: registry.OutcomeRefused,
	}
	if t.right {
		e.Outcome = registry.OutcomeDone
	}
	return e
}

// toll is what the try costs. That a login was blocked is reported when it is somebody's.
func (d *Door) toll(key string, t registry.Throttle, now time.Time, account registry.PortalAccount) registry.Toll {
	toll := d.Limits.Toll(key, t, now, d.Limits.Nothing, registry.Report{
		ID: registry.ReportID(rand.Text()), Kind: registry.ReportPassword, At: now, Role: registry.RolePractitioner, Door: registry.DoorPassword,
		About: registry.Practitioner{NationalID: account.NationalID, GivenName: account.GivenName, FamilyName: account.FamilyName},
	})
	if account.Login == "" {
		toll.Found.Report, toll.Nothing.Report = nil, nil
	}
	return toll
}

// renew replaces a hash made with the parameters of another time, now that the password is at hand.
func (d *Door) renew(ctx context.Context, account registry.PortalAccount, password string) error {
	hash, err := d.Hasher.Hash(ctx, password)
	if err != nil {
		return fmt.Errorf("renewing the hash of a password: %w", err)
	}
	return d.Accounts.RehashPortalAccount(ctx, account.Login, account.Hash, hash)
}

// Login is what the session keeps of a portal account: it names the person and opens no page of the
// service.
func Login(account registry.PortalAccount, now time.Time) auth.Login {
	return auth.Login{
		Door: registry.DoorPassword, Role: registry.RolePractitioner, NationalID: account.NationalID,
		GivenName: account.GivenName, FamilyName: account.FamilyName, Chosen: -1, At: now,
	}
}
