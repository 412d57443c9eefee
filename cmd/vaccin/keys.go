package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"vaccin/internal/keyring"
	"vaccin/internal/registry"
	"vaccin/internal/store"
)

// keyFlags say where the keys of identities are.
type keyFlags struct {
	NIRKeyFile    string `name:"nir-key-file" env:"VACCIN_NIR_KEY_FILE" type:"path" help:"Fichier des clés d’identité, à garder ailleurs que la base et ses sauvegardes ; créé s’il n’existe pas et que la base n’a personne. Par défaut, celui de --key-file suivi de .nir."`
	NIRKeyCommand string `name:"nir-key-command" env:"VACCIN_NIR_KEY_COMMAND" help:"Commande du shell qui affiche les clés d’identité, à la place d’un fichier."`
}

// source hands over the ring; sessionKeyFile is where the file stands beside when none is named.
func (f keyFlags) source(sessionKeyFile string) (keyring.Source, error) {
	if f.NIRKeyCommand != "" && f.NIRKeyFile != "" {
		return nil, registry.Invalid("Donnez les clés d’identité par un fichier ou par une commande, pas par les deux.")
	}
	if f.NIRKeyCommand != "" {
		return keyring.Command(f.NIRKeyCommand), nil
	}
	path, err := f.file(sessionKeyFile)
	return keyring.File(path), err
}

func (f keyFlags) file(sessionKeyFile string) (string, error) {
	switch {
	case f.NIRKeyFile != "":
		return f.NIRKeyFile, nil
	case sessionKeyFile != "":
		return sessionKeyFile + ".nir", nil
	}
	return "", registry.Invalid("Indiquez les clés d’identité : --nir-key-file, --nir-key-command, ou --key-file.")
}

// keysCmd looks after the keys of identities.
type keysCmd struct {
	List   keysListCmd   `cmd:"" help:"Lister les clés, celles du fichier ou de la commande à côté de celles de la base."`
	New    keysNewCmd    `cmd:"" help:"Tirer une clé de plus dans le fichier, ou créer le premier fichier. Rien ne s’en sert avant la rotation."`
	Rotate keysRotateCmd `cmd:"" help:"Faire écrire sous les clés les plus récentes et y amener toutes les lignes, service en marche. En cas d’interruption, relancez la même commande."`
	Retire keysRetireCmd `cmd:"" help:"Retirer une clé devenue inutile de la base et du fichier. Refusé tant qu’une ligne la porte."`
}

// ringFlags are the flags of commands on keys.
type ringFlags struct {
	storeFlags `embed:""`
	keyFlags   `embed:""`
	KeyFile    string `name:"key-file" env:"VACCIN_KEY_FILE" type:"path" help:"Fichier de la clé secrète des sessions, à côté duquel est par défaut celui des clés d’identité."`
}

type keysListCmd struct {
	ringFlags `embed:""`
}

var stateWords = map[store.KeyState]string{
	store.KeyUnused: "pas encore utilisée", store.KeyWriting: "écrit", store.KeyReading: "lit encore", store.KeyRetired: "retirée",
}

// Run tells of each key what the ring and the store know, also when they do not agree.
func (k keysListCmd) Run(ctx context.Context, c console) (err error) {
	source, err := k.source(k.KeyFile)
	if err != nil {
		return err
	}
	stored, err := k.stored(ctx)
	if err != nil {
		return err
	}
	ring, err := source(ctx, false)
	if errors.Is(err, fs.ErrNotExist) {
		return registry.NotFound("Il n’y a pas de fichier de clés à cet endroit. « vaccin keys new » en fait un pour une base qui n’en a jamais eu.")
	}
	if err != nil {
		return fmt.Errorf("%w: %w", store.ErrKeys, err)
	}
	for _, held := range ring.Keys() {
		state := stateWords[store.KeyUnused]
		if i := slices.IndexFunc(stored, func(s store.StoredKey) bool { return s.ID == held.ID }); i >= 0 {
			if state = stateWords[stored[i].State]; stored[i].Check != held.Check {
				state = "AUTRE CLÉ que celle de la base, " + stored[i].Check
			}
		}
		if err := c.printf("%-10v %s  %s\n", held.ID, held.Check, state); err != nil {
			return err
		}
	}
	for _, s := range stored {
		if ring.Has(s.ID) {
			continue
		}
		state := stateWords[s.State]
		if s.State != store.KeyRetired {
			state = "MANQUE, la base en a besoin (" + state + ")"
		}
		if err := c.printf("%-10v %s  %s\n", s.ID, s.Check, state); err != nil {
			return err
		}
	}
	return nil
}

// stored are the keys that the store knows.
func (k ringFlags) stored(ctx context.Context) (stored []store.StoredKey, err error) {
	if there, err := k.exists(); err != nil || !there {
		return nil, err
	}
	st, _, _, err := openStore(ctx, k.Store, store.Options{Importing: true})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	return st.StoredKeys(ctx)
}

type keysNewCmd struct {
	keyFlags `embed:""`
	KeyFile  string `name:"key-file" env:"VACCIN_KEY_FILE" type:"path" help:"Fichier de la clé secrète des sessions, à côté duquel est par défaut celui des clés d’identité."`
	Kind     string `arg:"" name:"nature" optional:"" enum:"seal,blind," default:"" help:"seal ou blind ; inutile pour un premier fichier."`
}

// Run draws a key.
func (k keysNewCmd) Run(c console) error {
	if k.NIRKeyCommand != "" {
		return registry.Invalid("La commande des clés ne peut pas en recevoir. Tirez la clé dans un fichier (--nir-key-file), puis portez-la où la commande la prend.")
	}
	path, err := k.file(k.KeyFile)
	if err != nil {
		return err
	}
	ring, err := keyring.Load(path)
	if errors.Is(err, fs.ErrNotExist) && k.Kind == "" {
		if ring, err = keyring.New(rand.Reader); err != nil {
			return err
		}
		if err := ring.Create(path); err != nil {
			return err
		}
		return c.printf("Un fichier de clés est fait : %s. Gardez-en une copie ailleurs que les sauvegardes de la base.\n", path)
	}
	if err != nil {
		return err
	}
	kind, err := keyring.ParseKind(k.Kind)
	if err != nil {
		return registry.Invalid("Indiquez la sorte de clé à tirer : seal (qui scelle) ou blind (par laquelle on retrouve).")
	}
	more, id, err := ring.Add(kind, rand.Reader)
	if err != nil {
		return err
	}
	if err := more.Replace(path); err != nil {
		return err
	}
	return c.printf("La clé %v (contrôle %s) est dans %s. Portez ce fichier sur chaque serveur, puis lancez « vaccin keys rotate ».\n",
		id, more.Check(id), path)
}

type keysRotateCmd struct {
	ringFlags `embed:""`
}

// Run rotates to the newest keys.
func (k keysRotateCmd) Run(ctx context.Context, c console) (err error) {
	st, g, by, err := k.open(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	said := -1
	rows, err := st.Rotate(ctx, func(id keyring.ID) registry.Event {
		return g.KeyEvent(by, registry.ActionRotateKey, id.String())
	}, func(part float64) {
		if percent := int(100 * part); c.progress != nil && percent != said {
			said = percent
			fmt.Fprintf(c.progress, "\r%3d %%", percent)
		}
	})
	if c.progress != nil {
		fmt.Fprint(c.progress, "\r     \r")
	}
	switch {
	case errors.Is(err, store.ErrKeyTaken):
		return registry.Conflict("Le numéro de la clé la plus récente a déjà servi à une autre dans cette base. Tirez-en une autre avec « vaccin keys new ».")
	case err != nil:
		return err
	}
	return c.printf("Toutes les identités sont sous les clés les plus récentes (%s réécrites). Les anciennes peuvent être retirées : « vaccin keys retire ».\n", registry.FrenchNumber(int(rows)))
}

// open opens a store that is there with its keys, for an operator: of an empty one of a misspelt name all keys would be said to be new. The
// caller closes it.
func (k ringFlags) open(ctx context.Context) (*store.Store, *registry.Registry, registry.Actor, error) {
	source, err := k.source(k.KeyFile)
	if err != nil {
		return nil, nil, registry.Actor{}, err
	}
	by, err := operator()
	if err != nil {
		return nil, nil, registry.Actor{}, err
	}
	st, g, err := k.existing(ctx, store.Options{Keys: source})
	return st, g, by, err
}

type keysRetireCmd struct {
	ringFlags `embed:""`
	Kind      string `arg:"" name:"nature" enum:"seal,blind" help:"seal ou blind."`
	Number    uint16 `arg:"" name:"numéro" help:"Le numéro de la clé."`
}

// Run retires a key in the store, then takes it out of the file: a file without a key that is needed would
// stop every server.
func (k keysRetireCmd) Run(ctx context.Context, c console) (err error) {
	kind, err := keyring.ParseKind(k.Kind)
	if err != nil {
		return err
	}
	id := keyring.ID{Kind: kind, Number: k.Number}
	st, g, by, err := k.open(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	err = st.RetireKey(ctx, id, g.KeyEvent(by, registry.ActionRetireKey, id.String()))
	switch {
	case errors.Is(err, store.ErrKeyInUse):
		return registry.Conflict(fmt.Sprintf("La clé %v sert encore. Lancez d’abord « vaccin keys new %v » puis « vaccin keys rotate ».", id, kind))
	case errors.Is(err, store.ErrKeyUnused):
		return registry.NotFound("Cette base n’a jamais utilisé cette clé.")
	case err != nil && !errors.Is(err, store.ErrKeyRetired):
		return err
	}
	if k.NIRKeyCommand != "" {
		return c.printf("La clé %v est retirée de la base. Retirez-la aussi de ce que donne la commande.\n", id)
	}
	return k.takeOut(c, id)
}

// takeOut takes a key out of the file, if it is there.
func (k keysRetireCmd) takeOut(c console, id keyring.ID) error {
	path, err := k.file(k.KeyFile)
	if err != nil {
		return err
	}
	ring, err := keyring.Load(path)
	if err != nil {
		return err
	}
	if ring.Has(id) {
		if ring, err = ring.Without(id); err != nil {
			return err
		}
		if err := ring.Replace(path); err != nil {
			return err
		}
	}
	return c.printf("La clé %v est retirée de la base et de %s. Retirez-la aussi du fichier de chaque autre serveur. "+
		"Les sauvegardes faites avant la rotation en ont besoin : gardez-la aussi longtemps qu’elles.\n", id, path)
}
