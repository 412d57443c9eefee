package registry_test

import (
	"os"
	"strings"
	"testing"

	"vaccin/internal/registry"
)

// The table of docs/roles.md is the policy's, cell by cell.
func TestTheTableOfRolesIsThePolicys(t *testing.T) {
	page, err := os.ReadFile("../../docs/roles.md")
	if err != nil {
		t.Fatal(err)
	}
	table := registry.RoleTable()
	if !strings.Contains(string(page), table) {
		t.Errorf("docs/roles.md does not hold the policy's table, which is:\n\n%s", table)
	}
}
