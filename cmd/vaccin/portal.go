package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"vaccin/internal/auth/password"
	"vaccin/internal/registry"
	"vaccin/internal/store"

	"golang.org/x/term"
)

// portalAccountCmd looks after the accounts of the amelipro portal that sign in by password.
type portalAccountCmd struct {
	Set    portalSetCmd    `cmd:"" help:"Créer un compte du portail, ou le remplacer. Le mot de passe est lu au terminal, ou sur la première ligne de l’entrée standard."`
	Remove portalRemoveCmd `cmd:"" help:"Supprimer un compte du portail."`
}

type portalSetCmd struct {
	storeFlags `embed:""`
	NationalID string `name:"national-id" required:"" help:"8 suivi du numéro RPPS, ou 0 suivi du numéro ADELI."`
	GivenName  string `name:"given-name" required:"" help:"Prénom de la personne."`
	FamilyName string `name:"family-name" required:"" help:"Nom de la personne."`
	Login      string `arg:"" name:"identifiant" help:"L’identifiant ; majuscules et minuscules sont équivalentes."`
}

// Run makes the account, with its entry in the access log.
func (p portalSetCmd) Run(ctx context.Context, c console) (err error) {
	account, err := registry.NewPortalAccount(p.Login, p.NationalID, p.GivenName, p.FamilyName)
	if err != nil {
		return err
	}
	secret, err := newPassword(os.Stdin, os.Stderr)
	if err != nil {
		return err
	}
	if err := password.Check(account.Login, secret); err != nil {
		return err
	}
	hasher, err := password.NewHasher(password.DefaultParams, 1, time.Minute)
	if err != nil {
		return err
	}
	if account.Hash, err = hasher.Hash(ctx, secret); err != nil {
		return err
	}
	by, err := operator()
	if err != nil {
		return err
	}
	st, g, _, err := openStore(ctx, p.Store, store.Options{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	if err := st.SetPortalAccount(ctx, account, g.PortalEvent(by, registry.ActionSetPortalAccount, account.Login)); err != nil {
		return err
	}
	return c.printf("Le compte %s peut se connecter à l’espace amelipro.\n", account.Login)
}

type portalRemoveCmd struct {
	storeFlags `embed:""`
	Login      string `arg:"" name:"identifiant" help:"L’identifiant ; majuscules et minuscules sont équivalentes."`
}

// Run removes the account, with its entry in the access log.
func (p portalRemoveCmd) Run(ctx context.Context, c console) (err error) {
	login, err := registry.FoldLogin(p.Login)
	if err != nil {
		return err
	}
	by, err := operator()
	if err != nil {
		return err
	}
	st, g, err := p.existing(ctx, store.Options{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	err = st.RemovePortalAccount(ctx, login, g.PortalEvent(by, registry.ActionRemovePortalAccount, login))
	if errors.Is(err, registry.ErrNoPortalAccount) {
		return registry.NotFound("Aucun compte de l’espace amelipro n’a cet identifiant.")
	}
	if err != nil {
		return err
	}
	return c.printf("Le compte %s est supprimé.\n", login)
}

// newPassword asks twice at a terminal, without showing what is typed; otherwise it reads a line. It is
// never an argument, which everyone on the machine could see.
func newPassword(in *os.File, prompts io.Writer) (string, error) {
	fd := int(in.Fd())
	if !term.IsTerminal(fd) {
		line, err := bufio.NewReader(io.LimitReader(in, 4096)).ReadString('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return "", fmt.Errorf("reading the password: %w", err)
		}
		return strings.TrimRight(line, "\r\n"), nil
	}
	var typed [2]string
	for i, prompt := range []string{"Mot de passe\u00a0: ", "Encore une fois\u00a0: "} {
		fmt.Fprint(prompts, prompt)
		line, err := term.ReadPassword(fd)
		fmt.Fprintln(prompts)
		if err != nil {
			return "", fmt.Errorf("reading the password: %w", err)
		}
		typed[i] = string(line)
	}
	if typed[0] != typed[1] {
		return "", registry.Invalid("Les deux saisies diffèrent\u00a0: rien n’a été enregistré.")
	}
	return typed[0], nil
}
