package service

import (
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"
	"time"
)

// TestSystemdWaitsForAWholeStop: the unit kills the service only after it had the time that it gives itself.
func TestSystemdWaitsForAWholeStop(t *testing.T) {
	text := func(path string) string {
		b, err := os.ReadFile(filepath.Join("..", "..", "deploy", path))
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	stop := regexp.MustCompile(`(?m)^TimeoutStopSec=(\d+)$`).FindStringSubmatch(text("systemd/vaccin.service"))
	drain := regexp.MustCompile(`(?m)^VACCIN_DRAIN=(\w+)$`).FindStringSubmatch(text("debian/vaccin.env"))
	if stop == nil || drain == nil {
		t.Fatal("the unit does not say how long a stop may take")
	}
	seconds, err := strconv.Atoi(stop[1])
	if err != nil {
		t.Fatal(err)
	}
	drained, err := time.ParseDuration(drain[1])
	if err != nil {
		t.Fatal(err)
	}
	if least := drained + graceful + lastEntries; time.Duration(seconds)*time.Second <= least {
		t.Errorf("a stop may take %v, and is given %d s", least, seconds)
	}
}
