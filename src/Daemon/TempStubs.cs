#pragma warning disable
using Dmvpn.Core; using Dmvpn.Dataplane; using Dmvpn.Nhrp;
namespace Dmvpn.Management.Config { public sealed record ConfigLoad(RouterConfig? Config, ConfigReport Report); public static class ConfigLoader { public static ConfigLoad Load(string t){
 var c=new RouterConfig(); TunnelConfig? cur=null; var list=new List<TunnelConfig>(); void Flush(){ if(cur!=null) list.Add(cur); cur=null; }
 static int Len(string m){ uint v=IpAddress.Parse(m).ToUInt32(); return System.Numerics.BitOperations.PopCount(v);} 
 foreach(var raw in t.Split('\n')){ var w=raw.Split(' ',StringSplitOptions.RemoveEmptyEntries|StringSplitOptions.TrimEntries); if(w.Length==0||w[0].StartsWith('!'))continue; var l=string.Join(' ',w);
  if(l.StartsWith("hostname ")) c=c with{Hostname=w[1]};
  else if(l.StartsWith("interface Tunnel")){Flush();cur=new TunnelConfig{Id=new TunnelId(int.Parse(w[1][6..]))};}
  else if(l=="router odr"){Flush();c=c with{Odr=new OdrConfig()};}
  else if(cur==null)continue;
  else if(l.StartsWith("ip address ")) cur=cur with{Ipv4Addresses=[new InterfaceAddress(IpAddress.Parse(w[2]),Len(w[3]))]};
  else if(l.StartsWith("tunnel source ")) cur=cur with{Source=IpAddress.TryParse(w[2],out var a)?new TunnelSource(null,a):new TunnelSource(w[2],IpAddress.None)};
  else if(l=="tunnel mode gre multipoint") cur=cur with{Mode=TunnelMode.GreMultipoint};
  else if(l.StartsWith("tunnel key ")) cur=cur with{Key=uint.Parse(w[2])};
  else if(l.StartsWith("ip mtu ")) cur=cur with{IpMtu=int.Parse(w[2])};
  else if(l.StartsWith("ip tcp adjust-mss ")) cur=cur with{IpAdjustMss=int.Parse(w[3])};
  else if(l=="cdp enable") cur=cur with{CdpEnabled=true};
  else if(l.StartsWith("ip nhrp network-id ")) cur=cur with{IpNhrp=cur.IpNhrp with{NetworkId=uint.Parse(w[3])}};
  else if(l.StartsWith("ip nhrp authentication ")) cur=cur with{IpNhrp=cur.IpNhrp with{Authentication=w[3]}};
  else if(l.StartsWith("ip nhrp holdtime ")) cur=cur with{IpNhrp=cur.IpNhrp with{HoldTime=TimeSpan.FromSeconds(int.Parse(w[3]))}};
  else if(l=="ip nhrp redirect") cur=cur with{IpNhrp=cur.IpNhrp with{Redirect=true}};
  else if(l=="ip nhrp registration no-unique") cur=cur with{IpNhrp=cur.IpNhrp with{RegistrationUnique=false}};
  else if(l.StartsWith("ip nhrp nhs ")) cur=cur with{IpNhrp=cur.IpNhrp with{Nhss=cur.IpNhrp.Nhss.Add(new NhsConfig{Protocol=w[3]=="dynamic"?IpAddress.None:IpAddress.Parse(w[3]),Nbma=IpAddress.Parse(w[5]),Multicast=l.Contains("multicast")})}};
 } Flush(); return new ConfigLoad(c with{Tunnels=[..list]},new ConfigReport([])); } } }
namespace Dmvpn.Management.Config { public static class RunningConfig { public static string Write(RouterConfig c, TunnelId? o)=>""; } }
namespace Dmvpn.Management.Config { public static class ConfigReportText { public static string Render(ConfigReport r, string p)=>""; } }
