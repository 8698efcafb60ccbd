"""Lists the programs that the package hrflow-connectors can generate, with the settings that each reads.

The server runs this in a sandbox with the package's environment (src/runs/packages/connectors.ts), and never deploys it.
"""
import json

import hrflow_connectors
from hrflow_connectors import v2
from hrflow_connectors.v2.core.hrflow import HrFlowWarehouse
from hrflow_connectors.v2.core.msgspec_pydantic_compat import json_schema
from hrflow_connectors.v2.core.templating import WORKFLOW

KINDS = {'hook': 'catch', 'schedule': 'pull'}


def workflow(_request, settings):
    from importlib.metadata import version
    programs = list(first_generation()) + list(second_generation())
    body = json.dumps({'version': version('hrflow-connectors'), 'programs': programs})
    return {'status_code': 200, 'headers': {'Content-Type': 'application/json'}, 'body': body}


def first_generation():
    for connector in hrflow_connectors.__CONNECTORS__:
        model = connector.model
        name = next(name for name in dir(hrflow_connectors) if getattr(hrflow_connectors, name) is connector)
        for action in model.actions:
            yield {
                'generation': 'v1', 'connector': model.name, 'action': action.name.value, 'kind': KINDS[action.trigger_type.value],
                'data': action.data_type, 'incremental': False,
                'source': action.workflow_code(import_name=name, workflow_type=action.trigger_type),
                'parameters': fields(action.ORIGIN_SETTINGS_PREFIX, action.origin.name, action.origin.read.parameters.schema())
                + fields(action.TARGET_SETTINGS_PREFIX, action.target.name, action.target.write.parameters.schema())}


def second_generation():
    for connector in v2.__CONNECTORS__:
        for flow in connector.flows:
            aisle, hrflow = connector.warehouse.get_aisle(flow.entity), HrFlowWarehouse.get_aisle(flow.entity)
            inbound = flow.direction.value == 'inbound'
            origin, target = (aisle, hrflow) if inbound else (hrflow, aisle)
            names = (connector.name, 'HrFlow') if inbound else ('HrFlow', connector.name)
            parameters = (
                fields(WORKFLOW.CONNECTOR_AUTH_SETTINGS_PREFIX, connector.name, json_schema(connector.warehouse.auth), True)
                + fields(WORKFLOW.HRFLOW_AUTH_SETTINGS_PREFIX, 'HrFlow', json_schema(HrFlowWarehouse.auth), True)
                + fields(WORKFLOW.PULL_PARAMETERS_SETTINGS_PREFIX, names[0], json_schema(origin.parameters('read', flow.mode)))
                + fields(WORKFLOW.PUSH_PARAMETERS_SETTINGS_PREFIX, names[1], json_schema(target.parameters('write', flow.mode))))
            for kind in ('catch', 'pull'):
                yield {
                    'generation': 'v2', 'connector': connector.name, 'action': flow.name(connector.subtype), 'kind': kind,
                    'data': flow.entity.value, 'incremental': bool(origin.read.supports_incremental(flow.mode)),
                    'source': v2.core.connector.workflow(connector=connector, flow=flow, integration=kind),
                    'parameters': parameters}


def fields(prefix, place, schema, secret=False):
    """Returns the settings of one side from its JSON Schema."""
    needed = schema.get('required') or []
    return [describe(prefix, place, name, field, schema, name in needed, secret)
            for name, field in (schema.get('properties') or {}).items()]


def describe(prefix, place, name, field, schema, required, secret):
    parts = [resolve(part, schema) for part in [field] + (field.get('anyOf') or field.get('allOf') or [])]
    types = [part['type'] for part in parts if part.get('type') not in (None, 'null')]
    choices = next((part['enum'] for part in parts if part.get('enum')), [])
    default = field.get('default')
    return {
        'key': prefix + name, 'name': name, 'place': place, 'required': required, 'secret': secret and is_secret(name),
        'description': str(field.get('description') or ''), 'type': str(types[0]) if types else 'string',
        'choices': [str(choice) for choice in choices], 'default': None if default is None else json.dumps(default)}


def resolve(part, schema):
    for step in part['$ref'].strip('#/').split('/') if '$ref' in part else []:
        schema = schema[step]
    return schema if '$ref' in part else part


def is_secret(name):
    return any(word in name.lower() for word in ('key', 'secret', 'token', 'password', 'credential'))
