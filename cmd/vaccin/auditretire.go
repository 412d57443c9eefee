package main

import (
	"context"
	"errors"
	"time"

	"vaccin/internal/registry"
	"vaccin/internal/store"
)

type auditRetireCmd struct {
	storeFlags `embed:""`
	Before     string `required:"" placeholder:"DATE" help:"Les entrées d’avant le mois de ce jour sont retirées (AAAA-MM-JJ ou JJ/MM/AAAA)."`
	Years      int    `default:"3" env:"VACCIN_AUDIT_YEARS" help:"Combien d’années au moins les entrées sont conservées."`
	DryRun     bool   `help:"Dire ce qui serait retiré, sans rien retirer."`
}

// Run removes old entries, whose hashes stay, and tells of it in the log itself.
func (a auditRetireCmd) Run(ctx context.Context, c console) (err error) {
	day, err := registry.ParseDate(a.Before)
	if err != nil {
		day, err = registry.ParseISODate(a.Before)
	}
	if err != nil {
		return registry.Invalid("La date de --before n’est pas lisible : écrivez-la AAAA-MM-JJ ou JJ/MM/AAAA.")
	}
	before, err := registry.LogRetirement(day, time.Now(), a.Years)
	if err != nil {
		return err
	}
	by, err := operator()
	if err != nil {
		return err
	}
	st, g, err := a.existing(ctx, store.Options{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	r, number, err := st.RetirableEntries(ctx, before)
	switch {
	case errors.Is(err, store.ErrTampered):
		return registry.Invalid("Des entrées ne sont pas telles qu’elles ont été numérotées : ce sont des preuves, rien n’a été supprimé. Lancez « vaccin audit verify ».")
	case errors.Is(err, store.ErrNotNumbered):
		return registry.Invalid("Des entrées de cette période n’ont pas de numéro : rien n’a été supprimé. Lancez « vaccin audit verify ».")
	case err != nil:
		return err
	}
	what := count64(r.Count, "entrée d’avant le ", "entrées d’avant le ") + registry.DateOf(before).French()
	switch {
	case r.Count == 0:
		return c.printf("Aucune entrée d’avant le %s : rien à supprimer.\n", registry.DateOf(before).French())
	case a.DryRun:
		return c.printf("Essai : %s seraient supprimées ; rien ne l’a été.\n", what)
	}
	err = st.RetireEntries(ctx, r, number, g.LogRetirementEvent(by, r.Count, r.Digest()))
	if errors.Is(err, registry.ErrOvertaken) {
		return registry.Conflict("Le journal a changé entre-temps : rien n’a été supprimé. Relancez la commande.")
	}
	if err == nil {
		// At once where no server does it: until the log tells of it, verifying takes it for tampering.
		_, err = st.NumberEntries(ctx, "", time.Now())
	}
	if err != nil {
		return err
	}
	return c.printf("Supprimé : %s. Leurs empreintes restent, et le journal le raconte.\n", what)
}
