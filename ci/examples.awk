# The examples in the documentation of one source file: each becomes a module `e<n>.rs` in the folder `to`, as rustdoc
# would wrap it, and a line of `index`: its module, its name (`root`, the file and what it stands above), what it is to
# do (`run`, `panic`, `compile`).
#
# Left out is what rustdoc does not build either, what needs nightly, what uses `others`' crates, and what is called as
# `without` says: into the file `left_file`.

# The documentation in this line, if there is any.
function doc(line) {
    if (line ~ /^ *\/\/[\/!]/) { sub(/^ *\/\/[\/!] ?/, "", line); return line }
    if (line !~ /^ *#\[doc = (concat!\()?/) return NONE
    # Of a macro that makes the atomic integers: one of them.
    gsub(/stringify!\(\$atomic_type\)/, "\"AtomicU32\"", line)
    gsub(/stringify!\(\$int_type\)/, "\"u32\"", line)
    gsub(/\$extra_feature, /, "", line)
    sub(/^ *#\[doc = (concat!\()?"/, "", line); sub(/"\)?\]$/, "", line)
    gsub(/", "/, "", line); gsub(/\\"/, "\"", line)
    return line
}

function close_example(item,    name, file, i, kind) {
    for (i = 1; i <= waiting; i++) {
        name = FILENAME
        sub(/^.*\/src\//, root "/", name); sub(/\.rs$/, "", name); sub(/\/mod$/, "", name)
        name = name (item == "" ? "" : " " item)
        if (++seen[name] > 1) name = name " " seen[name]
        if (match(name, without)) {
            print name >> left_file
            continue
        }
        kind = flags[i] ~ /should_panic/ ? "panic" : flags[i] ~ /no_run/ ? "compile" : "run"
        file = to "/e" (++count) ".rs"
        printf "// %s\n%s%s\n%s", name, inners[i], head, text[i] > file
        close(file)
        print "e" count "\t" name "\t" kind >> index_file
    }
    waiting = 0
}

# An example as a module with a function `main`.
function module(code,    has_main, fallible, tail) {
    # A block for some targets only is the whole.
    if (sub(/^#\[cfg[^\n]*\]\n\{\n/, "", code)) sub(/\}\n*$/, "", code)
    has_main = code ~ /(^|\n) *(async )?fn main\(/
    fallible = code ~ /\n *(Ok|Result)::<[^\n]*\n*$/
    tail = "pub fn example() -> impl std::process::Termination { main() }\n"
    if (has_main) return code tail
    if (fallible) return "fn main() {\nfn outcome() -> Result<(), impl std::fmt::Debug> {\n" code "}\noutcome().unwrap()\n}\n" tail
    return "fn main() {\n" code "}\n" tail
}

BEGIN { NONE = "\001" }
FNR == 1 { close_example(""); inside = 0 }
{
    said = doc($0)
    if (said == NONE) {
        inside = 0
        if (waiting && match($0, /^ *(pub(\([a-z]+\))? )?(const |unsafe |async |auto )*(fn|struct|enum|union|trait|type|mod|static|macro_rules!|macro|impl|use|const)[ <]/)) {
            item = substr($0, RLENGTH + 1); sub(/^[^A-Za-z_]*/, "", item); sub(/[^A-Za-z_0-9].*/, "", item)
            close_example(item)
        }
        next
    }
    fence = said; sub(/^ */, "", fence)
    if (!inside && fence ~ /^```/) {
        inside = 1; code = ""; inner = ""
        of_module = $0 ~ /^ *\/\/!/
        flag = substr(fence, 4)
    } else if (inside && fence ~ /^```/) {
        inside = 0
        if (flag !~ /^((rust|should_panic|no_run|ignore-[a-z]+|edition20[0-9]+)[, ]*)*$/ || (inner code) ~ /#!\[feature/ || code ~ others) next
        flags[++waiting] = flag; inners[waiting] = inner; text[waiting] = module(code)
        if (of_module) close_example("")
    } else if (inside) {
        if (fence == "#") said = ""
        else if (fence ~ /^# /) sub(/^ *# /, "", said)
        else if (fence ~ /^##/) sub(/#/, "", said)
        if (said ~ /^ *#!\[/) inner = inner said "\n"; else code = code said "\n"
    }
}
END { close_example("") }
