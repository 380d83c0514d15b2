/** What pam-auth-update writes at installation. Source: /usr/share/pam-configs/unix of libpam-runtime. */
const auth =
  'auth [success=1 default=ignore] pam_unix.so nullok\nauth requisite pam_deny.so\nauth required pam_permit.so\n';
const account =
  'account [success=1 new_authtok_reqd=done default=ignore] pam_unix.so\naccount requisite pam_deny.so\naccount required pam_permit.so\n';
const session = 'session required pam_permit.so\nsession required pam_unix.so\n';
const password =
  'password [success=1 default=ignore] pam_unix.so obscure yescrypt\npassword requisite pam_deny.so\npassword required pam_permit.so\n';

export const PAM_FILES: Readonly<Record<string, string>> = {
  'common-auth': auth,
  'common-account': account,
  'common-session': session,
  'common-session-noninteractive': session,
  'common-password': password,
};
