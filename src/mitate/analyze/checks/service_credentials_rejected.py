from __future__ import annotations

from collections.abc import Sequence

from mitate.analyze.check import Problem, Problems, check
from mitate.analyze.fixes import on, shell
from mitate.analyze.subjects import config_subject
from mitate.model.diagnosis import Confidence, Severity
from mitate.model.host import CredentialTest


@check(CredentialTest, severity=Severity.CRITICAL)
def service_credentials_rejected(tests: Sequence[CredentialTest]) -> Problems:
    """Keystone rejects the user and password in a service's own configuration.

    What it means
        The service cannot log in: with [keystone_authtoken] it cannot check anybody's token and answers
        every request with an error (503 or 401); with another section ([placement], [neutron], [nova]…)
        it cannot call that service.
        To spare Keystone, credentials are tried on hosts that run an API, and elsewhere only where a log
        complains of refused ones: OK says that none that was tried was rejected.
    Why it happens
        A password that was changed in Keystone and not in the file, or the other way round; a typing
        error; a user that is disabled, or in another domain than the file says.
    Look again
        openstack --os-auth-url AUTH_URL --os-username USER --os-project-name service token issue
        (it asks for the password; give the one in the file)
    Fix
        Correct the password in the file, or set it in Keystone (openstack user set --password-prompt
        USER), then restart the services that read the file.
    """
    for test in tests:
        if test.status == 401:
            host = test.source.host
            yield Problem(
                subject=config_subject(host, test.file, test.section),
                says=f"Keystone rejects the user {test.username} with the password in [{test.section}] of "
                f"{test.file} on {host} (HTTP 401)",
                seen=(test,),
                confidence=Confidence.PROVED,
                fix=(
                    shell("openstack", "user", "set", "--password-prompt", test.username),
                    on(host, "grep", "-n", f"^\\[{test.section}\\]", test.file),
                ),
            )
