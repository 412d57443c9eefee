package main

import (
	"errors"
	"io/fs"
	"os"
	"syscall"
)

// fileSentence says what is wrong with a file or folder, where that is what an error says.
func fileSentence(err error) string {
	var renamed *os.LinkError
	if errors.As(err, &renamed) {
		return "« " + renamed.New + " » ne peut pas prendre son nom. Vérifiez que son dossier est toujours là, et qu’aucun dossier ne porte ce nom."
	}
	var at *fs.PathError
	if !errors.As(err, &at) {
		return ""
	}
	switch {
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return "Il n’y a plus de place pour « " + at.Path + " » : faites-en sur son disque, puis relancez la même commande."
	case errors.Is(err, syscall.EROFS):
		return "Le disque de « " + at.Path + " » est en lecture seule. Donnez un autre dossier."
	case errors.Is(err, fs.ErrNotExist):
		return "« " + at.Path + " » n’existe pas. Vérifiez ce nom, et que son dossier existe."
	case errors.Is(err, fs.ErrPermission):
		return "L’accès à « " + at.Path + " » est refusé. Vérifiez ses droits, et le compte qui lance la commande."
	}
	return ""
}
