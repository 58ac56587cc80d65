// The life of a network interface, by the AWS SDK for JavaScript. Prints one JSON object: the result of each step under
// the step's name. A step that fails has the name of the exception and the HTTP status instead.
//
//	node life.js <endpoint> <subnet> <security group> <instance>
'use strict'

const { setTimeout: sleep } = require('node:timers/promises')
const ec2 = require('@aws-sdk/client-ec2')
const sts = require('@aws-sdk/client-sts')

const [endpoint, subnet, group, instance] = process.argv.slice(2)
const config = {
  endpoint,
  region: 'us-east-1',
  credentials: { accessKeyId: 'AKIAJAVASCRIPT', secretAccessKey: 'secret' },
  maxAttempts: 1,
}
const client = new ec2.EC2Client(config)
const waiter = { client, minDelay: 0.2, maxDelay: 0.2, maxWaitTime: 30 }
const results = {}

// step keeps the result of f, or its error, under a name.
async function step(name, f) {
  try {
    results[name] = (await f()) ?? 'done'
  } catch (e) {
    if (!e.$metadata?.httpStatusCode) throw e
    results[name] = { error: e.name, status: e.$metadata.httpStatusCode }
  }
}

// call sends the command of an operation, such as call('CreateTags', {...}).
const call = (operation, input) => client.send(new ec2[operation + 'Command'](input))

const describe = async (id) => (await call('DescribeNetworkInterfaces', { NetworkInterfaceIds: [id] })).NetworkInterfaces[0]

// attachedAs polls until the status of the attachment is the one given; undefined is no attachment.
async function attachedAs(id, status) {
  for (;;) {
    const found = await describe(id)
    if (found.Attachment?.Status === status) return found
    await sleep(100)
  }
}

async function identity() {
  const client = new sts.STSClient(config)
  await step('identity', async () => {
    const { Account, Arn } = await client.send(new sts.GetCallerIdentityCommand({}))
    return { Account, Arn }
  })
  await step('assumeRole', async () => {
    const role = await client.send(
      new sts.AssumeRoleCommand({ RoleArn: 'arn:aws:iam::123456789012:role/provider', RoleSessionName: 'life' })
    )
    return { arn: role.AssumedRoleUser.Arn, expires: role.Credentials.Expiration instanceof Date }
  })
  await step('assumeUser', () =>
    client.send(new sts.AssumeRoleCommand({ RoleArn: 'arn:aws:iam::123456789012:user/provider', RoleSessionName: 'life' }))
  )
}

// create makes the network interface of this life, and returns its identifier.
async function create() {
  const input = {
    SubnetId: subnet,
    Groups: [group],
    Description: 'of a life',
    ClientToken: 'once',
    TagSpecifications: [{ ResourceType: 'network-interface', Tags: [{ Key: 'Name', Value: 'life' }] }],
  }
  await step('createDryRun', () => call('CreateNetworkInterface', { ...input, DryRun: true }))
  let id
  await step('create', async () => {
    const { NetworkInterface: made } = await call('CreateNetworkInterface', input)
    id = made.NetworkInterfaceId
    return { status: made.Status, description: made.Description, groups: made.Groups, tags: made.TagSet, ipv6: made.Ipv6Addresses }
  })
  await step('createAgain', async () => {
    const { NetworkInterface: again, ClientToken } = await call('CreateNetworkInterface', input)
    return { same: again.NetworkInterfaceId === id, token: ClientToken }
  })
  await step('createOther', () => call('CreateNetworkInterface', { ...input, Description: 'another' }))
  await step('waitForAvailable', async () => {
    const { state } = await ec2.waitUntilNetworkInterfaceAvailable(waiter, { NetworkInterfaceIds: [id] })
    return { state, status: (await describe(id)).Status }
  })
  return id
}

async function find(id) {
  await step('pages', async () => {
    const sizes = []
    for await (const page of ec2.paginateDescribeNetworkInterfaces({ client, pageSize: 5 }, {})) {
      sizes.push(page.NetworkInterfaces.length)
    }
    return sizes
  })
  await step('byTag', async () => {
    const { NetworkInterfaces } = await call('DescribeNetworkInterfaces', { Filters: [{ Name: 'tag:Name', Values: ['li*'] }] })
    return NetworkInterfaces.map((n) => n.NetworkInterfaceId === id)
  })
  await step('byUnknownFilter', () => call('DescribeNetworkInterfaces', { Filters: [{ Name: 'colour', Values: ['red'] }] }))
  await step('instanceType', async () => {
    const { InstanceTypes } = await call('DescribeInstanceTypes', { InstanceTypes: ['t3.medium'] })
    return InstanceTypes[0].NetworkInfo.MaximumNetworkInterfaces
  })
}

async function attach(id) {
  const input = { NetworkInterfaceId: id, InstanceId: instance, DeviceIndex: 2 }
  let attachment
  await step('attach', async () => {
    const made = await call('AttachNetworkInterface', input)
    attachment = made.AttachmentId
    return { card: made.NetworkCardIndex }
  })
  await step('attachAgain', () => call('AttachNetworkInterface', { ...input, DeviceIndex: 3 }))
  await step('attached', async () => {
    const { Status, Attachment } = await attachedAs(id, 'attached')
    return {
      status: Status,
      same: Attachment.AttachmentId === attachment,
      index: Attachment.DeviceIndex,
      deleteOnTermination: Attachment.DeleteOnTermination,
      attachTime: Attachment.AttachTime instanceof Date,
    }
  })
  await step('deleteAttached', () => call('DeleteNetworkInterface', { NetworkInterfaceId: id }))
  return attachment
}

async function modify(id, attachment) {
  for (const change of [
    { Description: { Value: 'a new text' } },
    { SourceDestCheck: { Value: false } },
    { Attachment: { AttachmentId: attachment, DeleteOnTermination: true } },
  ]) {
    await step('modify' + Object.keys(change)[0], async () => {
      await call('ModifyNetworkInterfaceAttribute', { NetworkInterfaceId: id, ...change })
    })
  }
  await step('modifyNothing', () => call('ModifyNetworkInterfaceAttribute', { NetworkInterfaceId: id }))
  await step('modified', async () => {
    const { Description, SourceDestCheck, Attachment } = await describe(id)
    return { Description, SourceDestCheck, DeleteOnTermination: Attachment.DeleteOnTermination }
  })
  await step('attribute', async () => {
    const found = await call('DescribeNetworkInterfaceAttribute', { NetworkInterfaceId: id, Attribute: 'groupSet' })
    return found.Groups.map((g) => g.GroupId)
  })
}

async function assign(id) {
  await step('assign', async () => {
    const got = await call('AssignPrivateIpAddresses', { NetworkInterfaceId: id, SecondaryPrivateIpAddressCount: 2 })
    return got.AssignedPrivateIpAddresses.length
  })
  await step('assignPrefix', async () => {
    const got = await call('AssignPrivateIpAddresses', { NetworkInterfaceId: id, Ipv4PrefixCount: 1 })
    return got.AssignedIpv4Prefixes.length
  })
  await step('assignTooMany', () => call('AssignPrivateIpAddresses', { NetworkInterfaceId: id, SecondaryPrivateIpAddressCount: 5 }))
  await step('assignIPv6', async () => {
    const got = await call('AssignIpv6Addresses', { NetworkInterfaceId: id, Ipv6Addresses: ['2600:1f18:1234:5600::99'] })
    return got.AssignedIpv6Addresses
  })
  await step('addresses', async () => {
    const { PrivateIpAddresses, Ipv4Prefixes, Ipv6Addresses } = await describe(id)
    return [PrivateIpAddresses.length, Ipv4Prefixes.length, Ipv6Addresses.length]
  })
  await step('unassign', async () => {
    const { PrivateIpAddresses } = await describe(id)
    const others = PrivateIpAddresses.filter((a) => !a.Primary).map((a) => a.PrivateIpAddress)
    await call('UnassignPrivateIpAddresses', { NetworkInterfaceId: id, PrivateIpAddresses: others })
    return (await describe(id)).PrivateIpAddresses.map((a) => a.Primary)
  })
  await step('unassignIPv6', async () => {
    const got = await call('UnassignIpv6Addresses', { NetworkInterfaceId: id, Ipv6Addresses: ['2600:1f18:1234:5600::99'] })
    return got.UnassignedIpv6Addresses
  })
}

async function tag(id) {
  await step('tag', async () => {
    await call('CreateTags', { Resources: [id], Tags: [{ Key: 'empty', Value: '' }, { Key: 'b', Value: '2' }] })
    await call('DeleteTags', { Resources: [id], Tags: [{ Key: 'b' }] })
    const { Tags } = await call('DescribeTags', { Filters: [{ Name: 'resource-id', Values: [id] }] })
    return Tags.map((t) => [t.ResourceType, t.Key, t.Value])
  })
  await step('tagReserved', () => call('CreateTags', { Resources: [id], Tags: [{ Key: 'aws:a', Value: '1' }] }))
}

async function remove(id, attachment) {
  await step('detach', async () => {
    await call('DetachNetworkInterface', { AttachmentId: attachment })
    return (await describe(id)).Attachment.Status
  })
  await step('detached', async () => (await attachedAs(id, undefined)).Status)
  await step('detachAgain', () => call('DetachNetworkInterface', { AttachmentId: attachment }))
  await step('delete', async () => {
    await call('DeleteNetworkInterface', { NetworkInterfaceId: id })
  })
  await step('deleted', () => describe(id))
}

async function launch() {
  let ids
  await step('run', async () => {
    const { Instances } = await call('RunInstances', {
      ImageId: 'ami-12345678',
      InstanceType: 't3.medium',
      MinCount: 1,
      MaxCount: 1,
      SubnetId: subnet,
      TagSpecifications: [{ ResourceType: 'instance', Tags: [{ Key: 'Name', Value: 'life' }] }],
    })
    ids = Instances.map((i) => i.InstanceId)
    return Instances.map((i) => [i.State, i.LaunchTime instanceof Date, i.Tags])
  })
  const input = { InstanceIds: ids }
  await step('waitForRunning', async () => (await ec2.waitUntilInstanceRunning(waiter, input)).state)
  await step('stop', async () => {
    const { StoppingInstances } = await call('StopInstances', input)
    return StoppingInstances.map((i) => i.CurrentState.Name)
  })
  await step('waitForStopped', async () => (await ec2.waitUntilInstanceStopped(waiter, input)).state)
  await step('terminate', async () => {
    const { TerminatingInstances } = await call('TerminateInstances', input)
    return TerminatingInstances.map((i) => i.CurrentState.Name)
  })
  await step('waitForTerminated', async () => (await ec2.waitUntilInstanceTerminated(waiter, input)).state)
  await step('terminated', async () => {
    const { Reservations } = await call('DescribeInstances', input)
    return Reservations[0].Instances[0].NetworkInterfaces
  })
  await step('startTerminated', () => call('StartInstances', input))
}

async function main() {
  await identity()
  const id = await create()
  await find(id)
  const attachment = await attach(id)
  await modify(id, attachment)
  await assign(id)
  await tag(id)
  await remove(id, attachment)
  await launch()
  process.stdout.write(JSON.stringify(results) + '\n')
}

main().catch((e) => {
  console.error(e)
  process.exit(1)
})
