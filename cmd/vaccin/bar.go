package main

import (
	"fmt"
	"time"

	"github.com/schollz/progressbar/v3"

	"vaccin/internal/commandline"
	"vaccin/internal/registry"
)

// bar is a progress bar; without a terminal it does nothing.
type bar struct{ drawn *drawnBar }

type drawnBar struct {
	bar   *progressbar.ProgressBar
	title string
	unit  unit
	total int64
	pace  pace
	told  time.Time
}

// unit is what is counted, as one and as many; empty where its number tells people nothing.
type unit struct{ one, many string }

// bar draws how far what has a title is, of a total that is -1 where it is not known: something moves then.
func (c console) bar(total int64, title string) bar { return c.countingBar(total, title, unit{}) }

// countingBar draws how many there were, and how fast they go, too.
func (c console) countingBar(total int64, title string, counted unit) bar {
	if c.progress == nil {
		return bar{}
	}
	options := []progressbar.Option{
		progressbar.OptionSetWriter(c.progress), progressbar.OptionClearOnFinish(), progressbar.OptionSetWidth(40),
		progressbar.OptionSetPredictTime(false),
	}
	if total > 0 {
		options = append(options, progressbar.OptionShowDescriptionAtLineEnd())
	}
	d := &drawnBar{title: commandline.Readable(title), unit: counted, total: total}
	d.bar = progressbar.NewOptions64(total, append(options, progressbar.OptionSetDescription(d.title))...)
	return bar{d}
}

// toldEvery keeps what is written beside a bar readable.
const toldEvery = time.Second / 2

// longestLeft is the longest time left that is told: one beyond it tells that nothing moves, or did not while the command was
// suspended, not when it will end. The longest of all would not fit a duration.
const longestLeft = 1000 * time.Hour

// set moves the bar. A bar that cannot be drawn does not stop an import.
func (b bar) set(position int64) {
	if b.drawn != nil {
		b.drawn.set(position, time.Now())
	}
}

func (d *drawnBar) set(position int64, now time.Time) {
	rate := d.pace.at(position, now)
	if now.Sub(d.told) >= toldEvery {
		d.told = now
		d.bar.Describe(d.title + d.beside(position, rate))
	}
	_ = d.bar.Set64(position)
}

// beside says how many there were, how fast they go, and the time that is left.
func (d *drawnBar) beside(position int64, rate float64) string {
	text := ""
	if d.unit != (unit{}) {
		text = ", " + count(int(position), d.unit.one, d.unit.many)
		if rate >= 1 {
			text += fmt.Sprintf(" (%s par seconde)", registry.FrenchNumber(int(rate)))
		}
	}
	if left := float64(d.total-position) / rate; rate > 0 && left > 0 && left < longestLeft.Seconds() {
		text += ", reste " + frenchDuration(time.Duration(left*float64(time.Second)))
	}
	return text
}

func (b bar) finish() error {
	if b.drawn == nil {
		return nil
	}
	return b.drawn.bar.Finish()
}

// pace tells how fast something goes: over all of the time at first, then over the last quarter or half of a minute, so that it
// follows a change. What was there when it was first looked at counts for nothing: of what goes on after an interruption,
// another command did it.
type pace struct{ since, next moment }

type moment struct {
	at       time.Time
	position int64
}

// paceOver is after how long a moment to count from is left for the next one.
const paceOver = 15 * time.Second

// at is how many there are a second; 0 as long as that is not known.
func (p *pace) at(position int64, now time.Time) float64 {
	here := moment{now, position}
	if p.since.at.IsZero() {
		p.since, p.next = here, here
		return 0
	}
	if now.Sub(p.next.at) >= paceOver {
		p.since, p.next = p.next, here
	}
	took := now.Sub(p.since.at)
	if took < toldEvery {
		return 0
	}
	return float64(position-p.since.position) / took.Seconds()
}
