// The current values of the field called `name` in `form`: none for an unticked box or an unanswered
// question, one for anything else but a list where several are chosen.
export function fieldValues (form, name) {
  return form ? new FormData(form).getAll(name).map(String) : []
}
