/** Files that no package ships, and what makes them. */
export interface GeneratedFile {
  /** Pattern of paths; see `pathPattern`. */
  readonly path: string;
  /** Who writes it. */
  readonly by: string;
}

/** Files that belong to no package in any composed system. */
export const GENERATED_FILES: readonly GeneratedFile[] = [
  // apt-ostree
  { path: "/{home,media,mnt,opt,ostree,root,srv}", by: "links at the top of a deployment" },
  { path: "/usr/local", by: "links at the top of a deployment" },
  { path: "/{bin,sbin,lib,lib32,lib64,libx32,libo32}", by: "links of the merged /usr" },
  { path: "/usr/lib/sysimage/**", by: "databases of dpkg, debconf and their like" },
  { path: "/usr/lib/tmpfiles.d/apt-ostree.conf", by: "what packages expect below /var" },
  { path: "/usr/lib/sysusers.d/apt-ostree.conf", by: "accounts that scripts made" },
  { path: "/usr/lib/systemd/system/tmp.mount", by: "the unit that mounts /tmp" },
  { path: "/usr/lib/systemd/system/local-fs.target.wants/tmp.mount", by: "the same, enabled" },
  { path: "/usr/lib/systemd/system/apt-ostree-*.service", by: "the unit that makes host keys" },
  { path: "/usr/lib/systemd/system/ssh*.wants/apt-ostree-*.service", by: "the same, enabled" },
  { path: "/usr/share/apt-ostree/treefile.json", by: "the merged treefile" },
  { path: "/usr/share/factory/var/**", by: "files that are copied to /var" },
  { path: "/usr/share/initramfs-tools/**/apt-ostree", by: "what makes an initramfs boot ostree" },
  // kernel
  { path: "/usr/lib/modules/*/{vmlinuz,initramfs.img,config,System.map}", by: "moved from /boot" },
  { path: "/usr/lib/modules/*/modules.*", by: "depmod" },
  // accounts
  { path: "/etc/{passwd,group,shadow,gshadow,subuid,subgid,shells}", by: "base-passwd, passwd" },
  { path: "/usr/lib/{passwd,group}", by: "accounts of the image" },
  { path: "/etc/security/opasswd", by: "libpam-modules" },
  // what Debian's own scripts write
  { path: "/etc/machine-id", by: "systemd; empty in a commit" },
  { path: "/etc/alternatives/*", by: "update-alternatives" },
  { path: "/etc/ld.so.cache", by: "ldconfig" },
  { path: "/etc/{environment,motd,profile,nsswitch.conf,inputrc,modules,fstab}", by: "base-files" },
  { path: "/etc/dpkg/origins/default", by: "base-files" },
  { path: "/etc/pam.d/common-*", by: "pam-auth-update" },
  { path: "/etc/rc?.d/*", by: "update-rc.d" },
  { path: "/etc/systemd/{system,user}/**", by: "deb-systemd-helper, systemctl enable" },
  { path: "/etc/ca-certificates.conf", by: "ca-certificates" },
  { path: "/etc/ssl/certs/**", by: "update-ca-certificates" },
  { path: "/etc/initramfs-tools/modules", by: "initramfs-tools" },
  { path: "/etc/{timezone,localtime,adjtime,locale.conf}", by: "tzdata, locales" },
  { path: "/etc/default/{locale,keyboard,console-setup,useradd}", by: "their packages' questions" },
  { path: "/etc/{locale.gen,locale.alias}", by: "locales" },
  { path: "/usr/lib/locale/locale-archive", by: "locale-gen" },
  { path: "/etc/console-setup/**", by: "console-setup" },
  { path: "/etc/ssh/sshd_config", by: "openssh-server, by ucf" },
  { path: "/etc/apt/sources.list", by: "the installer" },
  { path: "/etc/{xml,sgml}/**", by: "xml-core, sgml-base" },
  { path: "/etc/fonts/conf.d/*", by: "fontconfig-config" },
  { path: "/etc/hosts.{allow,deny}", by: "libwrap0" },
  { path: "/etc/{aliases,networks}", by: "mail servers, netbase" },
  { path: "/etc/apparmor.d/local/*", by: "dh_apparmor" },
  { path: "/etc/mysql/debian.cnf", by: "mariadb-server" },
  { path: "/etc/postgresql/*/*/*", by: "pg_createcluster" },
  { path: "/etc/postgresql-common/root.crt", by: "postgresql-common" },
  { path: "/etc/apt/apt.conf.d/02autoremove-postgresql", by: "postgresql-common" },
  { path: "/etc/{default/exim4,exim4/update-exim4.conf.conf}", by: "exim4-config" },
  { path: "/etc/ucf.conf", by: "ucf" },
  { path: "/etc/X11/default-display-manager", by: "display managers, by debconf" },
  { path: "/etc/python3/debian_config", by: "python3-minimal" },
  { path: "/etc/vim/vimrc.tiny", by: "vim" },
  { path: "/usr/share/info/{dir,dir.old}", by: "install-info" },
  { path: "/usr/lib/udev/hwdb.bin", by: "systemd-hwdb" },
  { path: "/usr/lib/systemd/catalog/database", by: "journalctl" },
  { path: "/usr/lib/*/gconv/gconv-modules.cache", by: "iconvconfig" },
  { path: "/usr/lib/*/gdk-pixbuf-2.0/*/loaders.cache", by: "gdk-pixbuf" },
  { path: "/usr/lib/*/gtk-?.0/*/immodules.cache", by: "gtk" },
  { path: "/usr/lib/*/gio/modules/giomodule.cache", by: "gio-querymodules" },
  { path: "/usr/share/glib-2.0/schemas/gschemas.compiled", by: "glib-compile-schemas" },
  { path: "/usr/share/icons/*/icon-theme.cache", by: "gtk-update-icon-cache" },
  { path: "/usr/share/mime/**", by: "update-mime-database" },
  { path: "/usr/share/applications/{mimeinfo.cache,defaults.list}", by: "update-desktop-database" },
  { path: "/**/__pycache__/**", by: "py3compile" },
  { path: "/usr/share/perl/**/perllocal.pod", by: "perl" },
  { path: "/usr/share/polkit-1/rules.d/*", by: "their packages' scripts" },
];
