package service

import (
	"context"
	"log/slog"
	"time"
)

// repeatAfter is how long the same failure is not logged again.
const repeatAfter = time.Minute

// every does something at a pace until the context ends, and logs how it fails once a minute.
func every(ctx context.Context, log *slog.Logger, pace time.Duration, what string, do func(context.Context) error) error {
	ticker := time.NewTicker(pace)
	defer ticker.Stop()
	told, when := "", time.Time{}
	for {
		if err := do(ctx); err != nil && ctx.Err() == nil && (err.Error() != told || time.Since(when) > repeatAfter) {
			told, when = err.Error(), time.Now()
			log.Error(what, "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}
