"""The options of OpenStack's configuration files whose values are harmless and tell something.

Every other option travels by its name only. Names are those of the services' own configuration references.
"""

from __future__ import annotations

_NAMES = """
    host my_ip my_block_storage_ip bind_host bind_port osapi_compute_listen
    osapi_compute_listen_port metadata_listen metadata_listen_port osapi_volume_listen
    osapi_volume_listen_port public_endpoint report_interval service_down_time agent_down_time
    report_discovered_hosts discover_hosts_in_cells_interval rpc_response_timeout
    heartbeat_timeout_threshold heartbeat_rate heartbeat_in_pthread rabbit_ha_queues
    rabbit_quorum_queue rabbit_transient_quorum_queue rabbit_stream_fanout use_queue_manager
    rabbit_interval_max amqp_durable_queues amqp_auto_delete ssl control_exchange transport_url
    notification_driver connection slave_connection max_pool_size max_overflow max_retries
    connection_recycle_time auth_url auth_uri auth_type auth_version auth_strategy
    www_authenticate_uri identity_uri username user_domain_name user_domain_id project_name
    project_domain_name project_domain_id region_name os_region_name default_domain_name
    system_scope valid_interfaces interface endpoint_override service_type endpoint_type
    catalog_info memcached_servers memcache_servers insecure cafile timeout token_cache_time
    service_token_roles service_token_roles_required send_service_user_token provider expiration
    api_servers core_plugin service_plugins api_extensions_path mechanism_drivers type_drivers
    tenant_network_types extension_drivers path_mtu global_physnet_mtu physical_network_mtus
    advertise_mtu flat_networks network_vlan_ranges vni_ranges tunnel_id_ranges vxlan_group
    enable_vxlan bridge_mappings physical_interface_mappings interface_mappings local_ip
    l2_population tunnel_types vxlan_udp_port udp_dstport integration_bridge tunnel_bridge
    external_network_bridge firewall_driver enable_security_group enable_ipset arp_responder
    interface_driver dhcp_driver enable_isolated_metadata enable_metadata_network force_metadata
    dnsmasq_config_file dhcp_agents_per_network dhcp_lease_duration dns_domain agent_mode
    ha_vrrp_advert_int l3_ha max_l3_agents_per_router min_l3_agents_per_router
    allow_automatic_l3agent_failover router_distributed handle_internal_only_routers
    nova_metadata_host nova_metadata_ip nova_metadata_port nova_metadata_protocol metadata_workers
    metadata_proxy_socket metadata_port service_metadata_proxy local_metadata_per_cell
    allow_overlapping_ips base_mac notify_nova_on_port_status_changes
    notify_nova_on_port_data_changes vif_plugging_timeout vif_plugging_is_fatal nova_catalog_info
    ovn_nb_connection ovn_sb_connection ovn_l3_mode enable_distributed_floating_ip
    ovn_metadata_enabled ovsdb_connection virt_type cpu_mode cpu_model cpu_models num_pcie_ports
    disk_cachemodes images_type images_rbd_pool images_rbd_ceph_conf hw_machine_type
    live_migration_uri live_migration_scheme live_migration_inbound_addr inject_partition
    compute_driver connection_uri volume_drivers enabled_filters available_filters
    scheduler_default_filters scheduler_available_filters scheduler_driver_task_period weight_classes
    use_baremetal_filters baremetal_enabled_filters baremetal_scheduler_default_filters isolated_hosts
    isolated_images restrict_isolated_hosts_to_isolated_images scheduler_max_attempts
    aggregate_image_properties_isolation_namespace aggregate_image_properties_isolation_separator
    image_properties_default_architecture image_metadata_prefilter max_io_ops_per_host
    query_placement_for_image_type_support query_placement_for_routed_network_aggregates
    enable_isolated_aggregate_filtering track_instance_changes scheduler_tracks_instance_changes
    shuffle_best_same_weighed_hosts scheduler_host_subset_size disable_fallback_pcpu_query
    pci_in_placement alias pci_alias emulated_virtual_tpm host_subset_size max_attempts max_placement_results
    placement_aggregate_required_for_tenants limit_tenants_to_placement_aggregate
    query_placement_for_availability_zone cpu_allocation_ratio ram_allocation_ratio
    disk_allocation_ratio initial_cpu_allocation_ratio initial_ram_allocation_ratio
    initial_disk_allocation_ratio reserved_host_memory_mb reserved_host_disk_mb reserved_host_cpus
    reserved_huge_pages cpu_dedicated_set cpu_shared_set vcpu_pin_set max_instances_per_host
    max_concurrent_builds max_concurrent_live_migrations update_resources_interval
    resume_guests_state_on_host_boot sync_power_state_interval running_deleted_instance_action
    default_availability_zone default_schedule_zone cross_az_attach block_device_allocate_retries
    instance_usage_audit state_path instances_path lock_path log_dir log_file log_config_append
    use_syslog use_journal use_json use_stderr debug verbose logging_context_format_string
    logging_exception_prefix workers api_workers rpc_workers rpc_state_report_workers
    osapi_compute_workers osapi_volume_workers periodic_workers enabled_apis
    enable_proxy_headers_parsing root_helper root_helper_daemon enabled vncserver_listen
    vncserver_proxyclient_address server_listen server_proxyclient_address novncproxy_base_url
    novncproxy_host novncproxy_port enabled_backends default_volume_type volume_driver
    volume_backend_name volume_group target_helper target_protocol target_ip_address
    iscsi_ip_address iscsi_helper rbd_pool rbd_ceph_conf nfs_shares_config backup_driver
    storage_availability_zone glance_api_servers stores default_store default_backend
    filesystem_store_datadir filesystem_store_datadirs image_cache_dir flavor backend_url
    quota_network quota_port quota_subnet quota_router quota_floatingip instances cores ram max_age
    sql_connection randomize_allocation_candidates incomplete_consumer_project_id linuxbridge
    executor_thread_pool_size num_engine_workers heat_metadata_server_url
    heat_waitcondition_server_url stack_domain_admin
"""
KEEP = frozenset(_NAMES.split())
"""Option names. What stands behind transport_url and connection travels without credentials and query; of a
PCI alias no more than its name."""
