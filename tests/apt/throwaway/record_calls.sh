#!/bin/sh
# record_calls.sh DIR: on a machine to throw away, record in DIR every start of a program of apt or
# dpkg, by whomever: NAME holds APT_CONFIG, program and arguments, each ended by NUL; NAME.conf the
# configuration.
set -e
dir=$1
mkdir -p "$dir" /usr/lib/recorded
for program in /usr/bin/apt* /usr/bin/dpkg* /usr/lib/apt/apt-helper; do
  name=${program##*/}
  called=$name
  if [ "$name" = apt-helper ]; then called=$program; fi
  mv "$program" "/usr/lib/recorded/$name"
  cat > "$program" <<EOF
#!/bin/sh
call=\$(mktemp "$dir/XXXXXXXX")
printf '%s\\0' "\${APT_CONFIG-}" "$called" "\$@" > "\$call"
cat "\${APT_CONFIG:-/dev/null}" > "\$call.conf"
exec "/usr/lib/recorded/$name" "\$@"
EOF
  chmod 755 "$program"
done
