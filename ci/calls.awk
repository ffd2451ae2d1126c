# What one body calls, a type at a time: `sync::Mutex::{lock, new}`.
$1 != body { next }
{
    sub(/Atomic[IU](8|16|32|64|size)/, "Atomic*", $2)
    if ($2 in seen) next
    seen[$2]
    name = $2; sub(/.*::/, "", name)
    type = substr($2, 1, length($2) - length(name) - 2)
    if (!(type in names)) types[++count] = type
    names[type] = names[type] (names[type] == "" ? "" : ", ") name
    many[type]++
}
END {
    for (i = 1; i <= count; i++) {
        type = types[i]
        calls = (many[type] > 1) ? "{" names[type] "}" : names[type]
        printf "%s`%s::%s`", (i == 1 ? "" : ", "), type, calls
    }
}
