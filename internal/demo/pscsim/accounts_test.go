package pscsim_test

import (
	"regexp"
	"slices"
	"testing"

	"vaccin/internal/demo/pscsim"
)

func TestAccountsAreInventedAndDistinct(t *testing.T) {
	accounts := pscsim.Accounts()
	var keys, ids []string
	for _, account := range accounts {
		keys, ids = append(keys, account.Key), append(ids, account.NationalID)
		if !regexp.MustCompile(`^899700[0-9]{6}$`).MatchString(account.NationalID) || luhn(account.NationalID[1:]) != 0 {
			t.Errorf("%s: %s is not a test RPPS with a true check digit", account.Key, account.NationalID)
		}
		if account.Label == "" || account.FamilyName == "" || account.GivenName == "" || account.Civility == "" {
			t.Errorf("%s: incomplete", account.Key)
		}
		for _, exercise := range account.Exercises {
			for _, activity := range exercise.Activities {
				private := regexp.MustCompile(`^4` + account.NationalID[1:] + `[0-9]{3}$`).MatchString(activity.PreviousID)
				if !private && activity.PreviousID != "1"+activity.FINESS {
					t.Errorf("%s: previous identifier %s", account.Key, activity.PreviousID)
				}
			}
		}
	}
	for _, list := range [][]string{keys, ids} {
		slices.Sort(list)
		if got := len(slices.Compact(list)); got != len(accounts) {
			t.Errorf("%d different ones for %d accounts", got, len(accounts))
		}
	}
	accounts[0].Exercises[0].Activities[0].Name = "changed"
	if pscsim.Accounts()[0].Exercises[0].Activities[0].Name == "changed" {
		t.Error("a caller can change the accounts of others")
	}
}

func luhn(digits string) int {
	sum := 0
	for i := range len(digits) {
		digit := int(digits[len(digits)-1-i] - '0')
		if i%2 == 1 {
			digit = digit*2/10 + digit*2%10
		}
		sum += digit
	}
	return sum % 10
}
