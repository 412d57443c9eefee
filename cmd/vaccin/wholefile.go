package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// partSuffix ends the names of files that are not whole.
const partSuffix = ".part"

// writeWhole has a file written under another name, and gives it its own once all of it is on the disk and told: a file of that name is always
// whole. Without keep there is none. What a killed program left behind of the same file goes first, for it holds addresses.
func writeWhole(path string, write func(io.Writer) (keep bool, err error), told func() error) (err error) {
	folder, name := filepath.Split(path)
	folder = filepath.Clean(folder)
	if err := dropStaleParts(folder, name); err != nil {
		return fmt.Errorf("looking for what is left of a file of letters: %w", err)
	}
	f, err := newPart(folder, name)
	if err != nil {
		return fmt.Errorf("making a file of letters: %w", err)
	}
	kept := false
	defer func() {
		if !kept {
			err = errors.Join(err, notThere(os.Remove(f.Name())))
		}
		err = errors.Join(err, f.Close()) // last: until then nobody takes it for left behind
	}()
	keep, err := write(f)
	if err != nil || !keep {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	if err := told(); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return fmt.Errorf("naming a file of letters: %w", err)
	}
	kept = true
	return syncFolder(folder)
}

// newPart makes a file that is to become the one of that name. It is locked as long as it is open, by which others see that somebody writes it:
// the lock of a program that is killed goes with it.
func newPart(folder, name string) (*os.File, error) {
	for {
		f, err := os.CreateTemp(folder, "."+name+".*"+partSuffix)
		if err != nil {
			return nil, err
		}
		if !errors.Is(lock(f), syscall.EWOULDBLOCK) { // where files have no locks, nobody takes one for left behind
			if _, err := os.Lstat(f.Name()); err == nil {
				return f, nil
			}
		}
		// Another took it for left behind, before it was locked.
		if err := errors.Join(f.Close(), notThere(os.Remove(f.Name()))); err != nil {
			return nil, err
		}
	}
}

// lock locks a file, or tells why not.
func lock(f *os.File) error { return syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) }

// dropStaleParts removes what is left of a file by programs that are gone.
func dropStaleParts(folder, name string) error {
	all, err := os.ReadDir(folder)
	if err != nil {
		return err
	}
	for _, entry := range all {
		ours := entry.Type().IsRegular() && strings.HasPrefix(entry.Name(), "."+name+".") && strings.HasSuffix(entry.Name(), partSuffix)
		if !ours {
			continue
		}
		if err := dropIfStale(filepath.Join(folder, entry.Name())); err != nil {
			return err
		}
	}
	return nil
}

// dropIfStale removes a part that nobody writes.
func dropIfStale(path string) error {
	part, err := os.Open(path)
	if err != nil {
		return notThere(err)
	}
	if lock(part) == nil {
		err = notThere(os.Remove(path))
	}
	return errors.Join(err, part.Close())
}

// notThere forgives that a file to remove is gone.
func notThere(err error) error {
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return err
}

// syncFolder has the disk know the names in a folder. Package keyring has one of its own: it imports nothing of ours, and whoever holds
// its keys is not asked about files of letters.
func syncFolder(path string) error {
	folder, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}
