package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// meter notes the processor time that each thing of a side costs: of this process, of those it waited for (pgbench)
// and of the database. Where other programs run too it moves less than the clock.
type meter struct {
	nation *nation
	of     map[string][]cost // of each round, by side
}

// cost is processor time: of a whole round, or of one of the things that it did, in microseconds.
type cost struct{ program, database float64 }

func newMeter(n *nation) *meter { return &meter{n, map[string][]cost{}} }

// metered is a side whose cost is noted. A round of it lasts so long at least.
func (m *meter) metered(name string, run func(context.Context) (float64, error)) side {
	return side{name, func(ctx context.Context) (float64, error) {
		before, err := m.used()
		if err != nil {
			return 0, err
		}
		began := time.Now()
		rate, err := run(ctx)
		if err != nil {
			return 0, err
		}
		took := time.Since(began)
		after, err := m.used()
		done := rate * took.Seconds()
		m.of[name] = append(m.of[name], cost{(after.program - before.program) / done, (after.database - before.database) / done})
		return rate, err
	}}
}

// tell prints the cost of one of either side.
func (m *meter) tell(l *lab, c contest) {
	ours, yardstick := m.median(c.ours.name), m.median(c.yardstick.name)
	l.say("%-14s processor time of one: %.0f µs and %.0f in the database, %.0f and %.0f; ratio %.2f", "",
		ours.program, ours.database, yardstick.program, yardstick.database, (yardstick.program+yardstick.database)/(ours.program+ours.database))
}

func (m *meter) median(side string) cost {
	var program, database []float64
	for _, c := range m.of[side] {
		program, database = append(program, c.program), append(database, c.database)
	}
	return cost{median(program), median(database)}
}

// used is the processor time used so far.
func (m *meter) used() (c cost, err error) {
	for _, who := range []int{syscall.RUSAGE_SELF, syscall.RUSAGE_CHILDREN} {
		var u syscall.Rusage
		if err := syscall.Getrusage(who, &u); err != nil {
			return c, err
		}
		c.program += float64(u.Utime.Nano()+u.Stime.Nano()) / 1_000
	}
	database, err := serverTime(m.nation.pid)
	c.database = float64(database.Microseconds())
	return c, err
}

// serverTime is the processor time of a database server: of its first process and those of it that ended, and of
// those that run.
func serverTime(pid int) (time.Duration, error) {
	ticks, _, err := ticksOf(pid)
	if err != nil {
		return 0, err
	}
	all, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		return 0, err
	}
	for _, path := range all {
		child, err := strconv.Atoi(filepath.Base(path))
		if err != nil {
			continue
		}
		// One that has ended in between is counted by its parent.
		if own, parent, err := ticksOf(child); err == nil && parent == pid {
			ticks += own
		}
	}
	const tick = 10 * time.Millisecond // what Linux counts in, on all that Debian knows
	return time.Duration(ticks) * tick, nil
}

// ticksOf is the time of a process and of its children that ended, and who started it.
func ticksOf(pid int) (ticks, parent int, err error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, 0, err
	}
	_, rest, _ := strings.Cut(string(text), ") ")
	fields := strings.Fields(rest)
	if len(fields) < 15 {
		return 0, 0, errors.New("what the system says of a process cannot be read")
	}
	for _, at := range []int{11, 12, 13, 14} { // utime, stime, cutime, cstime
		n, err := strconv.Atoi(fields[at])
		if err != nil {
			return 0, 0, err
		}
		ticks += n
	}
	parent, err = strconv.Atoi(fields[1])
	return ticks, parent, err
}
