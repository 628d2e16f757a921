# Databases, broker account, Keystone and the schemas of all services, on a controller whose MariaDB and RabbitMQ
# have been started; then the services themselves. Each line "> …" says what is being done.
set -e
cd /root
password='{{password}}'

echo "> waiting for MariaDB"
for i in $(seq 90); do mysqladmin ping >/dev/null 2>&1 && break; sleep 0.5; done
for db in keystone glance placement nova nova_api nova_cell0 neutron; do
    user=${db%%_*}
    mysql -e "CREATE DATABASE IF NOT EXISTS $db;
              GRANT ALL ON $db.* TO '$user'@'%' IDENTIFIED BY '$password';
              GRANT ALL ON $db.* TO '$user'@'localhost' IDENTIFIED BY '$password';"
done

echo "> waiting for RabbitMQ"
for i in $(seq 60); do rabbitmqctl await_startup >/dev/null 2>&1 && break; sleep 0.5; done
rabbitmqctl list_users | grep -q '^openstack' || rabbitmqctl add_user openstack "$password"
rabbitmqctl set_permissions openstack '.*' '.*' '.*'

as() { user=$1; shift; echo "> $*"; su -s /bin/sh "$user" -c "$*"; }

mkdir -p /etc/keystone/fernet-keys /etc/keystone/credential-keys
chown keystone:keystone /etc/keystone/fernet-keys /etc/keystone/credential-keys
chmod 700 /etc/keystone/fernet-keys /etc/keystone/credential-keys
(
    set -e
    as keystone keystone-manage db_sync
    keystone-manage fernet_setup --keystone-user keystone --keystone-group keystone
    keystone-manage credential_setup --keystone-user keystone --keystone-group keystone
    echo "> keystone-manage bootstrap"
    keystone-manage bootstrap --bootstrap-password "$password" --bootstrap-region-id RegionOne \
        --bootstrap-admin-url {{auth_url}} --bootstrap-internal-url {{auth_url}} --bootstrap-public-url {{auth_url}}
    chown -R keystone:keystone /var/log/keystone
    as glance glance-manage db_sync
    as placement placement-manage db sync
) & first=$!
(
    set -e
    as nova nova-manage api_db sync
    as nova nova-manage cell_v2 map_cell0
    as nova nova-manage db sync
    as nova nova-manage cell_v2 create_cell --name=cell1 || :
    as neutron neutron-db-manage --config-file /etc/neutron/neutron.conf \
        --config-file /etc/neutron/plugins/ml2/ml2_conf.ini upgrade head
) & second=$!
wait $first
wait $second

echo "> starting the services"
systemctl enable -q {{api_units}}
systemctl start --no-block {{api_units}}
