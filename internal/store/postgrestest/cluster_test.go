package postgrestest

import "testing"

func TestAClusterStartsIsKilledAndComesBack(t *testing.T) {
	c, err := Start()
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := c.Stop(); err != nil {
			t.Error(err)
		}
	}()
	if _, err := c.SQL("postgres", "CREATE TABLE kept (n int); INSERT INTO kept VALUES (42)"); err != nil {
		t.Fatal(err)
	}
	if err := c.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := c.Boot(); err != nil {
		t.Fatal(err)
	}
	if got, err := c.SQL("postgres", "SELECT n FROM kept"); err != nil || got != "42" {
		t.Fatalf("%q %v", got, err)
	}
	if got, err := c.SQL("postgres", "SHOW synchronous_commit"); err != nil || got != "on" {
		t.Fatalf("%q %v", got, err)
	}
}
