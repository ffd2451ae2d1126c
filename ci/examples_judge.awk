# Compares what the examples came to with what `ci/examples.txt` says of them, and counts.
FNR == NR {
    if ($0 !~ /^#/) { said[++lines] = $1; pattern[lines] = $2 }
    next
}
FILENAME == ARGV[2] {
    for (i = 1; i <= lines; i++) if (said[i] == "left out" && $0 ~ pattern[i]) used[i] = 1
    next
}
{
    root = $2; sub(/\/.*/, "", root)
    number[root]++
    # What is to be: it runs, and either is proved or shares nothing; or panics, in every world.
    real = ($3 == "panic") ? "fails" : ($3 == "compile") ? "builds" : "runs"
    model = ($3 == "panic") ? "refuted" : $5
    if ($3 == "run" && model !~ /^(proved|passed|shares nothing)$/) model = "proved"
    for (i = 1; i <= lines; i++) if (said[i] != "left out" && $2 ~ pattern[i]) { model = said[i]; used[i] = 1 }
    if ($4 != real || $5 != model) {
        printf "%s: %s on real threads, and %s where it is explored; to be: %s, %s (%s/%s.exhaustive)\n", $2, $4, $5, real, model, came, $1
        wrong = 1
    }
    ended[root, $5]++; if ($4 == real) well[root]++
}
END {
    for (i = 1; i <= lines; i++) if (!used[i]) { print "no example is called as ci/examples.txt says: " pattern[i]; wrong = 1 }
    for (root in number) {
        printf "%s: %d examples, %d as they should on real threads; explored:", root, number[root], well[root]
        n = split("proved,passed,shares nothing,refuted,undecided,no verdict,builds", word, ",")
        for (i = 1; i <= n; i++) if (ended[root, word[i]]) printf " %d %s%s", ended[root, word[i]], word[i], (i < n ? "," : "")
        print ""
        if (number[root] < 50) { print "too few examples were found"; wrong = 1 }
    }
    exit wrong
}
