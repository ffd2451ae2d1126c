# A line for each method: its module, its name, its cells. It reads what the bodies came to, what they call, what
# methods there are, and which there are not.
function rank(cell) {
    if (cell ~ /^(as [a-z_]+|proved)$/) return 1
    if (cell ~ /^limited/) return 2
    return cell ~ /^as tokio/ ? 3 : 4
}
# Whether the cell of a body shows more than another: of limits the shorter, of absences that of the smaller body.
function more(cell, size, old, old_size) {
    if (old == "" || rank(cell) != rank(old)) return old == "" || rank(cell) < rank(old)
    if (rank(cell) == 4 && size != old_size) return size < old_size
    return length(cell) != length(old) ? length(cell) < length(old) : cell < old
}
function line(path, cells) {
    if (match(path, /(::|^)[A-Z].*/) == 0) match(path, /[a-z_0-9]+$/)
    module = substr(path, 1, RSTART - 1); name = substr(path, RSTART)
    sub(/::$/, "", module); sub(/^::/, "", name)
    print (module == "" ? "raceproof" : module) "\t`" name "`\t" cells
}
FNR == 1 { file++ }
file == 1 { for (i = 2; i <= 4; i++) result[$1, i] = $(i + 1); tested[$1]; next }
file == 2 {
    if ($1 in tested) { users[$2] = users[$2] $1 "\t"; size[$1]++ } else others[$2]
    next
}
file == 3 {
    n = split(users[$1], bodies, "\t") - 1
    for (i = 2; i <= 4; i++) best[i] = ""
    for (b = 1; b <= n; b++)
        for (i = 2; i <= 4; i++) {
            cell = result[bodies[b], i]
            if (more(cell, size[bodies[b]], best[i], of[i])) { best[i] = cell; of[i] = size[bodies[b]] }
        }
    if (n < 1) cells = ($1 in others ? "tested in part" : "not tested") " | | | 0"
    else cells = best[2] " | " best[3] " | " best[4] " | " n
    sub(/Atomic[IU](8|16|32|64|size)/, "Atomic*", $1)
    line($1, cells)
    next
}
/^#/ { next }
{
    type = $0; sub(/: .*/, "", type)
    names = substr($0, length(type) + 3); reason = names
    sub(/: .*/, "", names); sub(/^[^:]*: /, "", reason)
    n = split(names, name_of, " ")
    for (i = 1; i <= n; i++) line(type "::" name_of[i], "absent: " reason " | | | ")
}
