package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"runtime/debug"
	"syscall"

	"vaccin/internal/referential"
	"vaccin/internal/registry"
	"vaccin/internal/store"
)

// storeFlags are the flags of every command that uses the store.
type storeFlags struct {
	Store string `default:"vaccin.db" env:"VACCIN_STORE" help:"Base PostgreSQL (postgres://compte@hôte/base), ou fichier de la base embarquée ; serve, migrate, import et portal-account set le créent s’il n’existe pas."`
}

// exists tells whether there is a store already. A database is one.
func (f storeFlags) exists() (bool, error) {
	if store.IsDatabase(f.Store) {
		return true, nil
	}
	_, err := os.Stat(f.Store)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

// existing opens a store that is there: a command that has something to do with what it holds would make an empty one of a
// misspelt name, and say that there is nothing to do.
func (f storeFlags) existing(ctx context.Context, o store.Options) (*store.Store, *registry.Registry, error) {
	exists, err := f.exists()
	if err != nil {
		return nil, nil, err
	}
	if !exists {
		return nil, nil, registry.NotFound("Il n’y a pas de base à cet endroit : " + store.Name(f.Store) + ". Vérifiez --store ou VACCIN_STORE.")
	}
	st, g, _, err := openStore(ctx, f.Store, o)
	return st, g, err
}

// openStore opens the store and, when it is new, fills it with the reference data that ship; seeded tells so.
// The caller closes it.
func openStore(ctx context.Context, address string, o store.Options) (st *store.Store, g *registry.Registry, seeded bool, err error) {
	st, err = store.Open(ctx, address, o)
	if err != nil {
		return nil, nil, false, notOpened(err, address)
	}
	g = registry.New(st)
	by, err := operator()
	if err == nil {
		seeded, err = referential.Seed(ctx, g, st, by)
	}
	if err != nil {
		return nil, nil, false, errors.Join(err, st.Close())
	}
	return st, g, seeded, nil
}

// notOpened tells the operator what is wrong with a database, and what to do.
func notOpened(err error, address string) error {
	switch store.LackOf(err) {
	case store.LackNothing, store.LackAnswer, store.LackRight: // where it was refused says more
	default: // it does answer, and takes the account
		return err
	}
	name := store.Name(address)
	if (errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR)) && !errors.Is(err, store.ErrKeys) && !store.IsDatabase(address) {
		return registry.Invalid("La base " + name + " ne peut pas être créée : son dossier n’existe pas, ou n’en est pas un. Créez-le, ou vérifiez --store ou VACCIN_STORE.")
	}
	for _, known := range []struct {
		err     error
		message string
	}{
		{registry.ErrImporting, "Un import de la population est en cours : attendez qu’il se termine, puis relancez « vaccin migrate »."},
		{store.ErrOutdated, "Les tables de la base sont plus anciennes que ce programme : mettez-les à jour d’abord avec « vaccin migrate »."},
		{store.ErrUnreachable, "La base " + name + " ne répond pas : vérifiez son adresse, le réseau, et que le serveur est démarré."},
		{store.ErrAccount, "La base " + name + " refuse ce compte, ou n’existe pas : vérifiez le compte, son mot de passe et ses droits (docs/deployment.md)."},
		{store.ErrNoTables, "La base " + name + " n’a pas encore ses tables, et ce compte ne les fait pas : lancez d’abord « vaccin migrate » avec le compte propriétaire (docs/deployment.md)."},
		{store.ErrAddress, "L’adresse de la base, de --store ou de VACCIN_STORE, ne convient pas : elle a la forme « postgres://compte@serveur:5432/base?réglage=valeur » ; vérifiez les réglages après le « ? », et que les fichiers qu’ils nomment existent."},
		{store.ErrNotStore, "Le fichier " + name + " n’est pas une base de ce programme\u00a0: vérifiez --store ou VACCIN_STORE. S’il l’était, restaurez-en une sauvegarde."},
		{store.ErrCannotOpen, "La base " + name + " ne peut pas être ouverte\u00a0: c’est un dossier, ou ce compte n’a pas le droit d’y lire et d’y écrire. Vérifiez --store ou VACCIN_STORE."},
		{store.ErrTooOld, "Le serveur de la base " + name + " est trop ancien : il faut PostgreSQL 15 ou plus récent."},
		{store.ErrEncoding, "La base " + name + " n’est pas en UTF-8, elle altérerait les noms : créez-en une avec « createdb --encoding=UTF8 --template=template0 »."},
	} {
		if errors.Is(err, known.err) {
			return registry.Invalid(known.message + " Détail technique, en anglais : " + err.Error())
		}
	}
	return err
}

// lackSentence says what the operator does about a store that refused a command or went away under it, where that is what an error says. A command
// that is run again goes on.
func lackSentence(err error) string {
	todo := ""
	switch store.LackOf(err) {
	case store.LackRoom:
		todo = "La base n’a plus de place sur son disque\u00a0: faites-en (docs/runbooks/disk-full.md)"
	case store.LackDisk:
		todo = "Le disque de la base refuse de lire ou d’écrire, abîmé, débranché ou au bout d’un quota\u00a0: vérifiez-le"
	case store.LackConnections:
		todo = "La base refuse une connexion de plus, à ce compte ou à tous\u00a0: libérez-en (docs/runbooks/connections.md)"
	case store.LackWriting:
		todo = "La base est en lecture seule\u00a0: c’est un serveur de secours, ou l’écriture y est interdite à ce compte. Donnez l’adresse du serveur principal, ou rétablissez ce droit"
	case store.LackRight:
		todo = "Ce compte de la base n’a pas le droit de faire cela\u00a0: donnez à --store celui du propriétaire des tables (docs/deployment.md)"
	case store.LackTables:
		todo = "Quelqu’un d’autre tient des tables de la base, une sauvegarde par pg_dump ou une maintenance\u00a0: attendez qu’il ait terminé"
	case store.LackTime:
		todo = "La base a interrompu une demande, trop longue ou arrêtée par son administrateur\u00a0: regardez ce qui l’occupe"
	case store.LackAllowance:
		todo = "Le serveur de la base refuse ce travail, faute de mémoire ou par un de ses réglages (temp_file_limit, work_mem)\u00a0: corrigez ce que dit le détail"
	case store.LackAnswer:
		todo = "La base ne répond plus, ou a coupé la connexion\u00a0: vérifiez que son serveur est démarré, et le réseau"
	default:
		return ""
	}
	return todo + ", puis relancez la même commande\u00a0: rien ne sera enregistré deux fois."
}

// operator is who runs a command, for the access log: their account, on this machine.
func operator() (registry.Actor, error) {
	account, err := user.Current()
	if err != nil {
		return registry.Actor{}, fmt.Errorf("finding who runs the command: %w", err)
	}
	machine, err := os.Hostname()
	if err != nil {
		return registry.Actor{}, fmt.Errorf("finding the machine's name: %w", err)
	}
	return registry.Actor{
		Role: registry.RoleSystem, Door: registry.DoorCommand, Practitioner: registry.Practitioner{NationalID: account.Username},
		Place: registry.PracticePlace{ID: machine, Name: machine},
	}, nil
}

type migrateCmd struct {
	storeFlags `embed:""`
}

// Run creates the store or brings it to this version.
func (m migrateCmd) Run(ctx context.Context, c console) (err error) {
	st, g, seeded, err := openStore(ctx, m.Store, store.Options{Migrate: true})
	if errors.Is(err, store.ErrLoading) { // which is found out once they are
		return c.printf("Les tables de la base %s sont à jour. L’import de la population qui l’a fermée n’est pas terminé : relancez « vaccin import population » %s\n", store.Name(m.Store), withWhichFile)
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	ref, err := g.Reference(ctx)
	if err != nil {
		return err
	}
	if seeded {
		if err := c.printf("Données de référence du programme enregistrées.\n"); err != nil {
			return err
		}
	}
	confined, err := st.Confined(ctx)
	if err != nil {
		return err
	}
	if !confined {
		if err := c.printf("%s\n", unconfined); err != nil {
			return err
		}
	}
	return c.printf("La base %s est à jour : %d vaccins, %d calendriers, %d types de lieu.\n",
		store.Name(m.Store), len(ref.Vaccines), len(ref.Schedules), len(ref.PlaceTypes))
}

// unconfined is what an operator does about a database without the role of the service.
const unconfined = "Attention : le rôle « vaccin_service » n’existe pas, et ce compte n’a pas le droit de le créer : le service aurait tous les droits du " +
	"compte propriétaire, jusqu’à celui de lever la protection du journal des accès. Que l’administrateur du serveur lance " +
	"deploy/postgresql/roles.sql, ou au moins « CREATE ROLE vaccin_service NOLOGIN » ; relancez ensuite « vaccin migrate »."

type versionCmd struct{}

// Run prints what this program was built from.
func (versionCmd) Run(c console) error {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return errors.New("this program does not know what it was built from")
	}
	revision, changed := "inconnue", ""
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision":
			revision = s.Value
		case s.Key == "vcs.modified" && s.Value == "true":
			changed = ", sources modifiées"
		}
	}
	return c.printf("vaccin %s (révision %s%s, %s)\n", info.Main.Version, revision, changed, info.GoVersion)
}
