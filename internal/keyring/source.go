package keyring

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os/exec"
	"strings"
	"time"
)

// Source hands over the ring. Whoever uses it asks again when a key turns up that the ring lacks: the
// ring may have got one since. fresh tells that nothing was ever sealed, so that a new ring may be made.
type Source func(ctx context.Context, fresh bool) (*Ring, error)

// Fixed is the source of a ring that never changes.
func Fixed(ring *Ring) Source {
	return func(context.Context, bool) (*Ring, error) { return ring, nil }
}

// File is the source of the ring in a file, which is made with a new ring when there is none and nothing
// was ever sealed.
func File(path string) Source {
	return func(_ context.Context, fresh bool) (*Ring, error) {
		ring, err := Load(path)
		if !errors.Is(err, fs.ErrNotExist) {
			return ring, err
		}
		if !fresh {
			return nil, fmt.Errorf("there is no file of keys at %s, and the store has persons: "+
				"bring the file that it was written with (vaccin keys new makes one for a store that never had any): %w", path, err)
		}
		if ring, err = New(rand.Reader); err != nil {
			return nil, err
		}
		if err := ring.Create(path); !errors.Is(err, fs.ErrExist) {
			return ring, err
		}
		return Load(path) // another process has made it
	}
}

// Command is the source of the ring that a command of the shell prints.
func Command(command string) Source {
	return func(ctx context.Context, _ bool) (*Ring, error) { return FromCommand(ctx, command) }
}

// commandTime is how long a command may take to tell the keys.
const commandTime = 30 * time.Second

// FromCommand reads the ring that a command of the shell prints: the client of a vault, or what unwraps
// keys with a security module. Nothing of what it prints, to its error output either, gets into an error.
func FromCommand(ctx context.Context, command string) (*Ring, error) {
	return fromCommand(ctx, command, commandTime)
}

func fromCommand(ctx context.Context, command string, limit time.Duration) (*Ring, error) {
	if strings.TrimSpace(command) == "" {
		return nil, errors.New("the command of keys is empty")
	}
	limited, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	out := &capped{}
	run := exec.CommandContext(limited, "/bin/sh", "-c", command)
	run.Stdout = out
	endWithChildren(run)
	run.WaitDelay = time.Second // what left the group may outlive it, and hold its output
	err := run.Run()
	var exit *exec.ExitError
	switch {
	case ctx.Err() != nil:
		return nil, fmt.Errorf("running the command of keys: %w", ctx.Err())
	case limited.Err() != nil:
		return nil, fmt.Errorf("the command of keys did not end within %v", limit)
	case errors.As(err, &exit):
		return nil, fmt.Errorf("the command of keys ended with the status %d", exit.ExitCode())
	case err != nil:
		return nil, errors.New("the command of keys could not be run to its end")
	}
	return Parse(&out.kept)
}

// capped keeps what a command prints, up to a byte more than Parse takes.
type capped struct{ kept bytes.Buffer }

func (c *capped) Write(p []byte) (int, error) {
	c.kept.Write(p[:min(len(p), maxFileSize+1-c.kept.Len())])
	return len(p), nil
}
