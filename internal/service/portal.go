package service

import (
	"log/slog"
	"runtime"
	"time"

	"vaccin/internal/auth"
	"vaccin/internal/auth/password"
	"vaccin/internal/registry"
)

// hashWait is how long a sign-in by password waits for its turn to be checked.
const hashWait = 3 * time.Second

// portalDoor makes the portal's sign-in by password. As many passwords are checked at once as there are
// processors: more would not be faster, and each takes 19 MiB.
func portalDoor(store Store, cases *registry.Registry, sealer *auth.Sealer, log *slog.Logger) (*password.Door, error) {
	hasher, err := password.NewHasher(password.DefaultParams, runtime.NumCPU(), hashWait)
	if err != nil {
		return nil, err
	}
	return &password.Door{
		Accounts: store, Tries: store, Hasher: hasher, Sealer: sealer,
		Limits: registry.PasswordLimits, Now: cases.Security, Pause: cases.Pause,
		Renewed: func(err error) { log.Error("renewing a password's hash", "error", err) },
	}, nil
}
